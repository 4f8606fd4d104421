/** Where compiled code is kept between starts, and that a start works if it cannot be kept. */
import { spawn } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cleanEnvironment, ended } from "../cli/fixture/program.ts";
import { PROGRAM } from "../support/program.ts";
import { ROOT } from "../support/root.ts";

interface CompileCache {
	cacheFolder(environment: Readonly<Record<string, string>>, version: string): string | undefined;
}
const { cacheFolder } = createRequire(import.meta.url)(join(ROOT, "bin/compile-cache.js")) as CompileCache;

let home: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "coffer-cache-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;
const folderFor = (version: string) => cacheFolder({ XDG_CACHE_HOME: home }, version);

describe("the folder for compiled code", () => {
	test("is created for its user alone", () => {
		expect(folderFor("1.0.0")).toBe(join(home, "coffer/compiled/1.0.0"));
		for (const path of ["coffer", "coffer/compiled", "coffer/compiled/1.0.0"])
			expect(modeOf(join(home, path))).toBe(0o700);
	});

	test("of another version is removed at the first start of a new one", () => {
		folderFor("1.0.0");
		writeFileSync(join(home, "coffer/compiled/1.0.0/file"), "");
		folderFor("1.1.0");
		expect(readdirSync(join(home, "coffer/compiled"))).toEqual(["1.1.0"]);
		expect(folderFor("1.1.0")).toBe(join(home, "coffer/compiled/1.1.0"));
	});

	test.each([".", "coffer", "coffer/compiled", "coffer/compiled/1.0.0"])(
		"is not used if others can write to it: %s",
		(path) => {
			folderFor("1.0.0");
			chmodSync(join(home, path), 0o777);
			expect(folderFor("1.0.0")).toBeUndefined();
		},
	);

	test("is not used if it is a link", () => {
		mkdirSync(join(home, "elsewhere"));
		symlinkSync(join(home, "elsewhere"), join(home, "coffer"));
		expect(folderFor("1.0.0")).toBeUndefined();
	});

	test("is not used if it cannot be created", () => {
		writeFileSync(join(home, "coffer"), "");
		expect(folderFor("1.0.0")).toBeUndefined();
		expect(cacheFolder({ XDG_CACHE_HOME: "/dev/null/cache" }, "1.0.0")).toBeUndefined();
	});
});

describe("a start", () => {
	/** The same output, from a command that compiles little code. */
	async function start(environment: Readonly<Record<string, string>> = {}) {
		const { NODE_COMPILE_CACHE, ...inherited } = cleanEnvironment();
		const env = { ...inherited, XDG_CACHE_HOME: home, ...environment };
		return await ended(spawn(process.execPath, [PROGRAM, "completion", "bash"], { env }));
	}

	function cached(): string[] {
		const entries = readdirSync(home, { recursive: true, withFileTypes: true });
		return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	}

	test("stores compiled code, readable by its user alone", async () => {
		const first = await start();
		expect(first.status).toBe(0);
		const files = cached();
		expect(files.some((file) => statSync(file).size > 100_000)).toBe(true);
		expect(files.filter((file) => modeOf(file) !== 0o600)).toEqual([]);
		const times = files.map((file) => statSync(file).mtimeMs);
		expect(await start()).toEqual(first);
		expect(files.map((file) => statSync(file).mtimeMs)).toEqual(times);
	});

	test("works with a truncated file", async () => {
		const first = await start();
		for (const file of cached()) truncateSync(file, Math.floor(statSync(file).size / 2));
		expect(await start()).toEqual(first);
	});

	test("works if nothing can be stored, and prints nothing about it", async () => {
		const first = await start();
		expect(await start({ XDG_CACHE_HOME: "/dev/null/cache" })).toEqual(first);
	});

	test("stores nothing if Node's settings disable the cache", async () => {
		expect((await start({ NODE_DISABLE_COMPILE_CACHE: "1" })).status).toBe(0);
		expect(existsSync(join(home, "coffer"))).toBe(false);
	});

	test("stores it in the folder that Node's settings name", async () => {
		expect((await start({ NODE_COMPILE_CACHE: join(home, "node") })).status).toBe(0);
		expect(readdirSync(home)).toEqual(["node"]);
	});
});
