import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withSecretService } from "../support/services/secret-service.ts";

const DEMO = fileURLToPath(new URL("../../examples/shop/demo.mjs", import.meta.url));
const COFFER = fileURLToPath(new URL("../../bin/run.js", import.meta.url));
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "coffer-shop-"));
	for (const name of ["home", "tmp"]) await mkdir(join(folder, name));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function environment(more: Record<string, string> = {}): Record<string, string | undefined> {
	const home = join(folder, "home");
	const { PATH, NPM_CONFIG_REGISTRY, SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY } = process.env;
	const network = { NPM_CONFIG_REGISTRY, SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY };
	// A short path, because the paths of sockets below it are limited.
	return { PATH, ...network, HOME: home, TMPDIR: join(folder, "tmp"), ...more };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

interface Demo {
	child: Child;
	/** Resolves with the output when the text was printed. Rejects if the demonstration ends before. */
	printed(text: string): Promise<string>;
	/** Resolves with the exit status and the whole output. */
	ended: Promise<{ status: number | null; output: string }>;
}

function startDemo(args: string[], env = environment()): Demo {
	const child: Child = spawn(process.execPath, [DEMO, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (chunk: string) => {
			output += chunk;
		});
	}
	const ended = once(child, "close").then(([status]) => ({ status: status as number | null, output }));
	const printed = (text: string) => {
		const seen = new Promise<string>((resolve) => {
			child.stdout.on("data", () => output.includes(text) && resolve(output));
		});
		return Promise.race([
			seen,
			ended.then(() => Promise.reject<string>(new Error(`It ended without: ${text}\n${output}`))),
		]);
	};
	return { child, printed, ended };
}

/** The processes whose working folder is in the test's folder. */
async function processesInFolder(): Promise<string[]> {
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
	const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
	return places.filter((place) => place.startsWith(folder));
}

async function expectNothingLeft(): Promise<void> {
	expect(await readdir(join(folder, "tmp"))).toEqual([]);
	expect(await readdir(join(folder, "home"))).toEqual([]);
	expect(await processesInFolder()).toEqual([]);
}

/** The output of a program. @throws Error if it fails */
async function outputOf(
	file: string,
	args: string[],
	options: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<string> {
	const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		output += chunk;
	});
	const [status] = await once(child, "close");
	if (status !== 0) throw new Error(`${file} ${args.join(" ")} exited with ${status}.`);
	return output;
}

const LIST_ACCOUNTS = `
	import keytar from "keytar";
	const entries = await keytar.findCredentials("coffer");
	console.log(JSON.stringify(entries.map(({ account }) => account)));`;

/** Coffer's accounts in the keychain. */
async function keychainAccounts(env: NodeJS.ProcessEnv): Promise<string[]> {
	const args = ["--input-type=module", "--eval", LIST_ACCOUNTS];
	return JSON.parse(await outputOf(process.execPath, args, { env, cwd: PROJECT }));
}

describe("the shop's demonstration", () => {
	test("runs to its end without a keychain, and removes all its files", async () => {
		const { status, output } = await startDemo([]).ended;
		expect({ status, output }).toEqual({ status: 0, output });
		expect(output).toContain("Identity: a new one in a file.");
		expect(output).toContain("7 deployed, 0 unchanged, 0 failed");
		expect(output).toContain("✓ POST /webhook     401  an event, signed with another key");
		expect(output).toContain("✓ account, login redeployed; 5 functions kept their process");
		expect(output).toMatch(/✓ [\d,]{5,} requests to all functions meanwhile, 0 failed\n/);
		expect(output).toMatch(/✓ login made [1-9]\d* tokens with the old key, then [1-9]\d* with the new one\n/);
		expect(output).toContain("✓ account redeployed; 6 functions kept their process");
		expect(output).not.toContain("✗");
		expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(104);
		await expectNothingLeft();
	});

	test("creates an identity in the keychain and removes it", async () => {
		const service = await withSecretService();
		try {
			const env = environment(service.env);
			const demo = startDemo([], env);
			const output = await demo.printed("$ coffer functions deploy");
			expect(output).toContain("Identity: a new one in the system's keychain");
			expect(output).toContain("identity     from the system's keychain");
			expect(await keychainAccounts(env)).toEqual(["identity"]);
			demo.child.kill("SIGINT");
			expect((await demo.ended).status).toBe(130);
			expect(await keychainAccounts(env)).toEqual([]);
			await expectNothingLeft();
		} finally {
			await service.close();
		}
	});

	test("serves until Ctrl-C, and keeps an identity that is still used", async () => {
		const service = await withSecretService();
		const env = environment(service.env);
		try {
			const demo = startDemo(["--serve"], env);
			const output = await demo.printed("Ctrl-C ends it and removes everything.");
			const [, file = ""] = /^\s+\. (\S+)$/m.exec(output) ?? [];
			const status = await outputOf("/bin/sh", ["-c", `. ${file} && coffer status --json`], { env });
			expect(JSON.parse(status)).toMatchObject({ linked: true, reachable: true, pending: [] });

			const elsewhere = join(folder, "elsewhere");
			await mkdir(elsewhere);
			await outputOf(process.execPath, [COFFER, "init"], { env, cwd: elsewhere });
			demo.child.kill("SIGINT");
			const ended = await demo.ended;
			expect(ended).toEqual({
				status: 0,
				output: expect.stringContaining("The identity stays in the keychain"),
			});

			const again = startDemo([], env);
			expect(await again.printed("$ coffer init")).toContain("which is there already");
			again.child.kill("SIGINT");
			expect((await again.ended).status).toBe(130);
			expect(await keychainAccounts(env)).toEqual(["identity"]);
			await outputOf(process.execPath, [COFFER, "secrets", "list"], { env, cwd: elsewhere });
			expect(await readdir(join(folder, "tmp"))).toEqual([]);
			expect(await processesInFolder()).toEqual([]);
		} finally {
			await service.close();
		}
	});

	test("cleans up after an interruption", async () => {
		const demo = startDemo([]);
		await demo.printed("$ coffer functions deploy");
		demo.child.kill("SIGINT");
		expect((await demo.ended).status).toBe(130);
		await expectNothingLeft();
	});
});
