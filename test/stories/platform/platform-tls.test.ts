/** A platform that serves TLS itself, with a certificate of a private authority. */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ConnectProxy } from "../../http/connect-proxy.ts";
import { Authority, type CertificateFiles } from "../support/network/authority.ts";
import { link, startPlatform } from "../support/platform.ts";
import { Running } from "../support/process.ts";
import { cleanEnvironment, newProject } from "../support/project.ts";

let authority: Authority;
let first: CertificateFiles;
let second: CertificateFiles;
beforeAll(() => {
	authority = new Authority();
	first = authority.issue("first");
	second = authority.issue("second");
});
afterAll(() => authority[Symbol.dispose]());

/** The platform's own files, which the tests replace. */
function place(name: string): CertificateFiles {
	const files = {
		cert: join(authority.folder, `${name}-live.pem`),
		key: join(authority.folder, `${name}-live.key`),
	};
	for (const part of ["cert", "key"] as const) copyFileSync(first[part], files[part]);
	return files;
}

const flagsOf = ({ cert, key }: CertificateFiles) => ["--tls-cert", cert, "--tls-key", key];

async function open(url: string): Promise<TLSSocket> {
	const port = Number(new URL(url).port);
	const socket = connect({ host: "127.0.0.1", port, ca: readFileSync(authority.cert) });
	socket.on("error", () => undefined);
	await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
	return socket;
}

/** The name in the certificate that a new connection receives. */
async function presented(url: string): Promise<string | undefined> {
	const socket = await open(url);
	const name = socket.getPeerCertificate().subject.CN;
	socket.destroy();
	return String(name);
}

async function answerOn(socket: TLSSocket, text: string): Promise<string> {
	const answered = new Promise<string>((resolve) =>
		socket.once("data", (data) => resolve(data.toString("latin1"))),
	);
	socket.write(text);
	return await answered;
}

const HEALTH = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

describe("platform start --tls-cert --tls-key", () => {
	test("is linked and synced over https if the certificate authority is trusted; otherwise nothing is sent", async () => {
		await using ana = await newProject();
		await using platform = await startPlatform({}, [...flagsOf(first), "--control", "0.0.0.0:0"]);
		const url = platform.control.replace("0.0.0.0", "localhost");
		expect(url).toMatch(/^https:\/\/localhost:\d+$/);
		ana.variables["COFFER_TOKEN"] = platform.token;
		const refused = await ana.coffer(["link", url, "--app", "shop", "--json"]);
		expect(refused.error()).toMatchObject({ code: "PLATFORM_CERTIFICATE_REFUSED", exit: 6 });
		expect(refused.error().hint).toContain("NODE_EXTRA_CA_CERTS");
		ana.variables["NODE_EXTRA_CA_CERTS"] = authority.cert;
		await link(ana, platform, url);
		expect(await ana.data(["secrets", "set", "A=1"])).toMatchObject({ revision: 2 });
		const plain = await fetch(url.replace("https:", "http:")).catch(() => "no answer");
		expect(plain).toBe("no answer");
	});

	test("is linked and synced through a proxy, which sees no token, and is named if it refuses", async () => {
		using proxy = await ConnectProxy.open();
		await using ana = await newProject();
		const files = authority.issue("behind", "DNS:coffer.test");
		const flags = [...flagsOf(files), "--control", "0.0.0.0:0", "--host", "coffer.test"];
		await using platform = await startPlatform({}, flags);
		const url = platform.control.replace("0.0.0.0", "coffer.test");
		ana.variables["NODE_EXTRA_CA_CERTS"] = authority.cert;
		ana.variables["HTTPS_PROXY"] = `http://user:hidden-word@${proxy.host}`;
		await link(ana, platform, url);
		expect(await ana.data(["secrets", "set", "A=1"])).toMatchObject({ revision: 2 });
		expect(new Set(proxy.targets)).toEqual(new Set([new URL(url).host]));
		expect(proxy.sent).not.toContain(platform.token);
		proxy.refusal = 407;
		const refused = await ana.coffer(["sync", "--json"]);
		expect(refused.error()).toMatchObject({ code: "PLATFORM_UNREACHABLE", exit: 6 });
		expect(refused.error().message).toContain(`${proxy.host}, which HTTPS_PROXY names (status 407)`);
		expect(refused.stderr).not.toContain("hidden-word");
	});

	test("uses changed files for new connections; it logs and ignores files that do not match", async () => {
		const files = place("rotated");
		await using platform = await startPlatform({}, flagsOf(files));
		const url = platform.control;
		const before = await open(url);
		expect(await presented(url)).toBe("first");
		// As a certificate tool writes them: one after the other, each by renaming a new file over the old one.
		for (const part of ["cert", "key"] as const) {
			expect(await presented(url)).toBe("first");
			copyFileSync(second[part], `${files[part]}.new`);
			renameSync(`${files[part]}.new`, files[part]);
		}
		expect(await presented(url)).toBe("second");
		// The log lines arrive through a pipe, which may be slower than the new connection.
		await vi.waitFor(() => expect(platform.log).toMatch(/TLS_KEY_MISMATCH/));
		await vi.waitFor(() => expect(platform.log).toMatch(/certificate was read again/));
		writeFileSync(files.key, "");
		expect(await presented(url)).toBe("second");
		expect(await answerOn(before, HEALTH)).toMatch(/^HTTP\/1\.1 200 /);
		before.destroy();
		expect(platform.log).not.toContain("PRIVATE KEY");
	});

	test("ends in order: it answers the requests in progress and closes idle connections", async () => {
		await using platform = await startPlatform({}, flagsOf(first));
		const url = platform.control;
		const [asking, idle] = [await open(url), await open(url)];
		const handshake = connectPlain(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
		await new Promise((resolve) => handshake.once("connect", resolve));
		const head = `PUT /v1/apps/shop HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${platform.token}\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n`;
		expect(await answerOn(asking, head)).toMatch(/^HTTP\/1\.1 100 /);
		const closed = [idle, handshake].map(
			(socket) => new Promise((resolve) => socket.resume().once("close", resolve)),
		);
		const stopped = platform.stop();
		await Promise.all(closed);
		expect(await answerOn(asking, "{}")).toMatch(/^HTTP\/1\.1 400 .*"code":"MESSAGE_INVALID"/s);
		expect(await stopped).toBe(0);
	});

	test("refuses files that are not a certificate and its key, and names the file", async () => {
		const file = (name: string, text: string | Buffer) => {
			writeFileSync(join(authority.folder, name), text);
			return join(authority.folder, name);
		};
		const none = join(authority.folder, "none.pem");
		const junk = file("junk.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
		const broken = file("chain.pem", Buffer.concat([readFileSync(first.cert), readFileSync(junk)]));
		for (const [flags, code, named] of [
			[["--tls-cert", first.cert], "TLS_PAIR_INCOMPLETE", "--tls-key"],
			[["--tls-key", first.key], "TLS_PAIR_INCOMPLETE", "--tls-cert"],
			[flagsOf({ cert: none, key: first.key }), "TLS_FILE_UNREADABLE", none],
			[flagsOf({ cert: first.cert, key: authority.folder }), "TLS_FILE_UNREADABLE", authority.folder],
			[flagsOf({ cert: junk, key: first.key }), "TLS_CERTIFICATE_INVALID", junk],
			[flagsOf({ cert: broken, key: first.key }), "TLS_CERTIFICATE_INVALID", broken],
			[flagsOf({ cert: first.key, key: first.key }), "TLS_CERTIFICATE_INVALID", first.key],
			[flagsOf({ cert: first.cert, key: first.cert }), "TLS_KEY_INVALID", first.cert],
			[flagsOf({ cert: first.cert, key: second.key }), "TLS_KEY_MISMATCH", second.key],
		] as const) {
			const place = [
				"--data",
				join(authority.folder, "data"),
				"--identity-file",
				join(authority.folder, "identity"),
			];
			const ports = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
			const args = ["platform", "start", ...place, ...ports, ...flags, "--json"];
			await using running = new Running({ args, cwd: authority.folder, env: cleanEnvironment() });
			const ended = await running.ended;
			const error = JSON.parse(ended.stderr.trim().split("\n").at(-1) ?? "").error;
			expect([ended.status, ended.stdout, error.code]).toEqual([2, "", code]);
			expect(error.message).toContain(named);
			expect(ended.stderr).not.toContain("PRIVATE KEY");
		}
	});
});
