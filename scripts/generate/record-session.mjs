/**
 * Records a session with the real program in a temporary project, beside a real platform with two functions, and
 * draws its output as `docs/session.svg`.
 *
 *     node scripts/generate/record-session.mjs            writes the picture
 *     node scripts/generate/record-session.mjs --check    fails if the program's output has changed since
 *
 * Two recordings differ in ports, in the platform's fingerprint and in milliseconds. The default ports
 * replace the real ones, and the check does not compare the other two.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureBuilt } from "../ensure-built.mjs";
import { ROOT } from "../fresh.mjs";
import { drawSession, linesOf } from "./session-svg.mjs";

const PICTURE = join(ROOT, "docs/session.svg");
const PROGRAM = join(ROOT, "bin/run.js");
const TITLE =
	"A terminal: coffer init, secrets set, link and functions deploy; then a changed secret, after which only the function that reads it is redeployed.";

/** The project's files. The values are placeholders, and no command prints them. */
const FILES = {
	"functions/checkout.ts":
		'const key = Deno.env.get("STRIPE_KEY");\nDeno.serve(() => new Response(String(key !== undefined)));\n',
	"functions/prices.ts": 'Deno.serve(() => new Response("[]"));\n',
	"key.txt": "placeholder-1",
	"new-key.txt": "placeholder-2",
};

/** The typed commands, each with the file for its standard input. */
const session = (control) => [
	["init --name ana@laptop"],
	["secrets set STRIPE_KEY --stdin", "key.txt"],
	[`link ${control} --app shop`],
	["functions deploy"],
	["secrets set STRIPE_KEY --stdin", "new-key.txt"],
];

/** The environment of the processes: no variables of this user's Coffer, except the location of Deno. */
function environmentFor(folder) {
	const kept = Object.entries(process.env).filter(
		([name]) => name === "COFFER_DENO" || !/^(COFFER_|GIT_)/.test(name),
	);
	return {
		...Object.fromEntries(kept),
		COFFER_IDENTITY_FILE: join(folder, "identity"),
		XDG_STATE_HOME: join(folder, "state"),
		XDG_CACHE_HOME: join(folder, "cache"),
		NO_COLOR: "1",
	};
}

async function prepare(folder) {
	const identity = `coffer-identity-1.${randomBytes(32).toString("base64url")}\n`;
	await writeFile(join(folder, "identity"), identity, { mode: 0o600 });
	await mkdir(join(folder, "shop/functions"), { recursive: true });
	for (const [path, text] of Object.entries(FILES)) await writeFile(join(folder, "shop", path), text);
}

/** @returns what the command wrote to both streams, in order. @throws Error if it fails */
async function run(folder, env, line, input) {
	const cwd = join(folder, "shop");
	const from = await open(input === undefined ? devNull : join(cwd, input));
	const to = await open(join(folder, "output"), "w+");
	try {
		const stdio = [from.fd, to.fd, to.fd];
		const [status] = await once(
			spawn(process.execPath, [PROGRAM, ...line.split(" ")], { cwd, env, stdio }),
			"exit",
		);
		const text = await readFile(join(folder, "output"), "utf8");
		if (status !== 0) throw new Error(`coffer ${line} exited with ${status}:\n${text}`);
		return text;
	} finally {
		await from.close();
		await to.close();
	}
}

/** Starts a platform. @returns its addresses and token, and how to stop it */
async function startPlatform(folder, env) {
	const places = ["--data", join(folder, "platform"), "--identity-file", join(folder, "platform-identity")];
	const listeners = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json"];
	const child = spawn(process.execPath, [PROGRAM, "platform", "start", ...places, ...listeners], {
		env,
		stdio: ["ignore", "pipe", "ignore"],
	});
	const exited = once(child, "exit");
	const stop = async () => {
		child.kill("SIGTERM");
		await exited;
	};
	const first = await Promise.race([
		once(createInterface({ input: child.stdout }), "line"),
		exited.then(() => undefined),
	]);
	if (first === undefined) throw new Error("The platform did not start.");
	return { ...JSON.parse(first[0]), stop };
}

async function record(folder) {
	await prepare(folder);
	const env = environmentFor(folder);
	const platform = await startPlatform(folder, env);
	try {
		const lines = [];
		for (const [line, input] of session(platform.control)) {
			const text = await run(folder, { ...env, COFFER_TOKEN: platform.token }, line, input);
			lines.push(
				`$ coffer ${line}${input === undefined ? "" : ` < ${input}`}`,
				...text.trimEnd().split("\n"),
				"",
			);
		}
		return lines
			.slice(0, -1)
			.map((line) =>
				line
					.replaceAll(platform.control, "http://127.0.0.1:8081")
					.replaceAll(platform.listen, "http://127.0.0.1:8080")
					.replaceAll(folder, "~"),
			);
	} finally {
		await platform.stop();
	}
}

/** A line without the parts that differ between recordings. */
function withoutVariables(line) {
	return line.replace(/\b\d+ ms\b/, "N ms").replace(/^( +platform +)\S+/, "$1FINGERPRINT");
}

/** Lines as they are compared: two functions are deployed at once, and either can be first. */
function comparable(lines) {
	return lines
		.filter((line) => line !== "")
		.map(withoutVariables)
		.sort();
}

async function requireFresh(lines) {
	const drawn = comparable(linesOf(await readFile(PICTURE, "utf8").catch(() => "")));
	const recorded = comparable(lines);
	if (JSON.stringify(recorded) === JSON.stringify(drawn)) return;
	const added = recorded.filter((line) => !drawn.includes(line)).map((line) => `  now:   ${line}\n`);
	const gone = drawn.filter((line) => !recorded.includes(line)).map((line) => `  drawn: ${line}\n`);
	process.stderr.write(
		`docs/session.svg is stale. Run \`node scripts/generate/record-session.mjs\` and commit it.\n${[...gone, ...added].join("")}`,
	);
	process.exitCode = 1;
}

await ensureBuilt();
const folder = await mkdtemp(join(tmpdir(), "coffer-session-"));
try {
	const lines = await record(folder);
	if (process.argv.includes("--check")) await requireFresh(lines);
	else await writeFile(PICTURE, drawSession(lines, TITLE));
} finally {
	await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
