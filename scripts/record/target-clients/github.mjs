/** Records what gh sends: GH_HOST names the server as an Enterprise Server, which has its API below /api/v3. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sodium from "libsodium-wrappers";

import { Recorder } from "./recorder.mjs";

const TOKEN = "ghp_token-of-nobody";
const KEY_ID = "568250167242549743";
const DATES = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };

function output(program, argv) {
	const { status, stdout, stderr } = spawnSync(program, argv, { encoding: "utf8" });
	if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
	return stdout;
}

/** A certificate for localhost, which gh accepts through SSL_CERT_FILE. */
function certificate(folder) {
	const [key, cert] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
	const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
	const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
	output("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, "-days", "2", ...name]);
	return { file: cert, tls: { key: readFileSync(key), cert: readFileSync(cert) } };
}

function answerWith(publicKey) {
	return ({ method, url }, origin) => {
		const { pathname, searchParams } = new URL(url, origin);
		if (method !== "GET") return method === "PUT" ? { status: 201, value: {} } : { status: 204 };
		if (pathname.endsWith("/public-key")) return { status: 200, value: { key_id: KEY_ID, key: publicKey } };
		const name = searchParams.get("page") === "2" ? "B" : "A";
		const link = { link: `<${origin}${pathname}?per_page=100&page=2>; rel="next"` };
		const value = { total_count: 2, secrets: [{ name, ...DATES }] };
		return { status: 200, value, headers: name === "A" ? link : {} };
	};
}

export async function recordGitHub(folder) {
	await sodium.ready;
	const pair = sodium.crypto_box_keypair("uint8array");
	const { file, tls } = certificate(folder);
	const answer = answerWith(Buffer.from(pair.publicKey).toString("base64"));
	const describe = ({ encrypted_value: sealed, ...rest }) => {
		const box = sodium.from_base64(sealed, sodium.base64_variants.ORIGINAL);
		const opened = sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey);
		return { encrypted_value: { sealed: Buffer.from(opened).toString("utf8") }, ...rest };
	};
	const recorder = await new Recorder({ answer, describe, tls }).start();
	try {
		writeFileSync(join(folder, "secrets.env"), 'A="one two"\nB=2\n');
		const env = { SSL_CERT_FILE: file, GH_HOST: recorder.host, GH_ENTERPRISE_TOKEN: TOKEN };
		const repository = ["-R", `${recorder.host}/acme/shop`];
		const run = (...argv) =>
			recorder.run(["gh", "secret", ...argv, ...repository], {
				cwd: folder,
				env: { ...env, GH_NO_UPDATE_NOTIFIER: "1" },
			});
		const inEnvironment = ["-e", "production"];
		return {
			client: `${output("gh", ["--version"]).split("\n")[0]} (Debian)`,
			token: TOKEN,
			// gh sends the secrets of a file at the same time, in any order.
			set: [...(await run("set", "A", "--body", "one two")), ...(await run("set", "B", "--body", "2"))],
			list: await run("list"),
			delete: [...(await run("delete", "A")), ...(await run("delete", "B"))],
			setInEnvironment: await run("set", "A", "--body", "one two", ...inEnvironment),
			listInEnvironment: await run("list", ...inEnvironment),
			deleteInEnvironment: await run("delete", "A", ...inEnvironment),
		};
	} finally {
		recorder.stop();
	}
}
