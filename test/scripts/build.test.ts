/** The checkout's own build: `bin/run.js` in a copy of the sources that has no `dist/` yet. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Ended, ended } from "../cli/fixture/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let checkout: string;

function writeCommand(name: string, word: string): void {
	mkdirSync(join(checkout, "src/commands"), { recursive: true });
	const source = `
		import { BaseCommand } from "../cli/command.ts";
		export default class Say extends BaseCommand<{ word: string }> {
			static override summary = "Say a word";
			protected async execute() { return { word: ${JSON.stringify(word)} }; }
			protected render({ word }: { word: string }) { this.terminal.line(word); }
		}`;
	writeFileSync(join(checkout, `src/commands/${name}.ts`), source);
}

function start(script: string, ...args: string[]): Promise<Ended> {
	const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [join(checkout, script), ...args]);
	return ended(child);
}

/** Parts that the command line's start does not import. Without them, a build takes half the time. */
const LEFT_OUT = ["commands", "console", "local", "platform", "references"].map((part) =>
	join(ROOT, "src", part),
);

/** Makes a checkout with one command, `say`. */
function makeCheckout(): void {
	checkout = mkdtempSync(join(tmpdir(), "coffer-checkout-"));
	for (const path of ["bin", "scripts", "package.json", "package-lock.json", "tsconfig.json"]) {
		cpSync(join(ROOT, path), join(checkout, path), { recursive: true });
	}
	const filter = (path: string) => !LEFT_OUT.includes(path);
	cpSync(join(ROOT, "src"), join(checkout, "src"), { recursive: true, filter });
	symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
	writeCommand("say", "one");
}

/** A checkout that was built once, and the output of its first call. */
let built: string;
let firstCall: Ended;
beforeAll(async () => {
	makeCheckout();
	firstCall = await start("bin/dev.js", "say");
	built = checkout;
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

beforeEach(() => {
	checkout = mkdtempSync(join(tmpdir(), "coffer-checkout-"));
	// With nanoseconds, because the build compares the times of its sources.
	execFileSync("cp", ["-a", `${built}/.`, checkout]);
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

test("the first call in a fresh checkout builds, and prints nothing about it", () => {
	expect(firstCall).toEqual({ status: 0, stdout: "one\n", stderr: "" });
});

describe("in a checkout", () => {
	test("a regular expression with letters beyond ASCII keeps its meaning in the bundle", async () => {
		const source = readFileSync(join(checkout, "src/commands/say.ts"), "utf8");
		writeFileSync(
			join(checkout, "src/commands/say.ts"),
			source.replace('{ word: "one" }', '{ word: String(/^[•…⚠️]+$/u.test("•…⚠️")) }'),
		);
		expect(await start("bin/dev.js", "say")).toEqual({ status: 0, stdout: "true\n", stderr: "" });
		const bundles = readdirSync(join(checkout, "dist")).filter((name) => name.startsWith("bundle-"));
		expect(bundles).not.toEqual([]);
		// `bin/compile-cache.js` reads them with an encoding for ASCII.
		for (const name of bundles) {
			const bytes = readFileSync(join(checkout, "dist", name));
			expect(bytes.every((byte) => byte < 0x80)).toBe(true);
		}
	});

	test("many concurrent first calls succeed", async () => {
		rmSync(join(checkout, "dist"), { recursive: true });
		const calls = await Promise.all(Array.from({ length: 6 }, () => start("bin/run.js", "say")));
		expect(calls).toEqual(calls.map(() => ({ status: 0, stdout: "one\n", stderr: "" })));
		const left = readdirSync(join(checkout, "dist"), { recursive: true }).map(String);
		expect(left.filter((name) => name.endsWith(".tmp") || name.endsWith(".lock"))).toEqual([]);
	});

	test("a killed build does not leave a lock that blocks others", async () => {
		const dead = spawn(process.execPath, ["-e", "0"]);
		await new Promise((resolve) => dead.on("exit", resolve));
		rmSync(join(checkout, "dist/.fingerprint"));
		writeFileSync(join(checkout, "dist/.lock"), String(dead.pid));
		expect(await start("bin/run.js", "say")).toEqual({ status: 0, stdout: "one\n", stderr: "" });
	});
});

describe("after a change of the sources", () => {
	test("the next call runs the changed code", async () => {
		writeCommand("say", "another");
		expect((await start("bin/run.js", "say")).stdout).toBe("another\n");
	});

	test("a removed command is not in the bundle any more", async () => {
		writeCommand("other", "two");
		expect((await start("bin/dev.js", "other")).stdout).toBe("two\n");
		rmSync(join(checkout, "src/commands/other.ts"));
		expect((await start("bin/dev.js", "other")).status).toBe(2);
		expect(existsSync(join(checkout, "dist/commands/other.cjs"))).toBe(false);
	});

	test("code that does not build is an error that names the line, on stderr", async () => {
		writeFileSync(
			join(checkout, "src/commands/say.ts"),
			'import { a } from "./nowhere.ts";\nexport default a;\n',
		);
		const { status, stdout, stderr } = await start("bin/run.js", "say");
		expect(stderr).toMatch(/^The sources do not build\.\nsrc\/commands\/say\.ts:1: /);
		expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
	});

	test("without src/, as in an installed package, the built program runs", async () => {
		rmSync(join(checkout, "src"), { recursive: true });
		rmSync(join(checkout, "scripts"), { recursive: true });
		expect((await start("bin/run.js", "say")).stdout).toBe("one\n");
	});
});

describe("the manifest", () => {
	test("is reported as stale after a command was added or changed, and as fresh once it is written", async () => {
		expect((await start("scripts/generate/manifest.mjs", "--check")).status).toBe(0);
		writeCommand("other", "two");
		const { status, stderr } = await start("scripts/generate/manifest.mjs", "--check");
		expect(stderr).toMatch(/stale/);
		expect(status).toBe(1);
		await start("scripts/generate/manifest.mjs");
		expect((await start("scripts/generate/manifest.mjs", "--check")).status).toBe(0);
	});
});
