/** `coffer types`: the file, and what the real Deno and the real TypeScript make of it. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { ROOT } from "../../support/root.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

const CANARY = "cAnary-declared-0001";
/** Names that are words of TypeScript, of JavaScript's objects, or of `@types/node`. */
const AWKWARD = ["__proto__", "constructor", "toString", "default", "9LIVES", "TZ", "NODE_ENV"];
let ana: Project;
let deno: string;

beforeAll(async () => {
	deno = await findDeno();
	ana = await newProject();
	await ana.ok(["environments", "create", "preview"]);
	const both = ["API_KEY", ...AWKWARD].map((name) => `${name}=${CANARY}`);
	for (const environment of ["production", "preview"])
		await ana.ok(["secrets", "set", ...both, "-e", environment]);
	await ana.ok(["secrets", "set", `ONLY_LIVE=${CANARY}`, `OLD_KEY=${CANARY}`]);
	await ana.ok(["secrets", "delete", "OLD_KEY"]);
	await ana.ok(["types"]);
	ana.write("deno.json", JSON.stringify({ compilerOptions: { types: ["./coffer-env.d.ts"] } }));
});
afterAll(() => ana?.[Symbol.asyncDispose]());

const IMPORT = 'import process from "node:process";\n';

/** Lines that must compile, for Deno and for Node. */
const GOOD_ENV = [
	"export const awkward: string[] = [process.env.__proto__, process.env.constructor];",
	'export const digit: string = process.env["9LIVES"];',
	"export const key: string = process.env.API_KEY;",
	"export const some: string | undefined = process.env.ONLY_LIVE;",
	"export const old: string | undefined = process.env.OLD_KEY;",
	'export const zone: string | undefined = process.env["TZ"];',
	'export const unknown: string | undefined = process.env["UNKNOWN"];',
	'export const child: NodeJS.ProcessEnv = { ...process.env, MORE: "1" };',
];
const GOOD_DENO = [
	...AWKWARD.map((name, at) => `export const awkward${at}: string = Deno.env.get("${name}");`),
	'export const denoKey: string = Deno.env.get("API_KEY");',
	'export const denoSome: string | undefined = Deno.env.get("ONLY_LIVE");',
	'export const denoOld: string | undefined = Deno.env.get("OLD_KEY");',
	'export const denoUnknown: string | undefined = Deno.env.get("UNKNOWN");',
	'export const either: string = Deno.env.get(Math.random() > 0.5 ? "API_KEY" : "9LIVES");',
	"export const computed: string | undefined = Deno.env.get(`A${Math.random()}`);",
	"export const reader: (name: string) => string | undefined = Deno.env.get;",
];
/** Lines of which each must fail. */
const BAD_ENV = [
	"export const key: number = process.env.API_KEY;",
	"export const some: string = process.env.ONLY_LIVE;",
	"export const old: string = process.env.OLD_KEY;",
	'export const unknown: string = process.env["UNKNOWN"];',
	'export const child: NodeJS.ProcessEnv = { A: "1" };',
];
const BAD_DENO = [
	'export const denoKey: number = Deno.env.get("API_KEY");',
	'export const denoSome: string = Deno.env.get("ONLY_LIVE");',
	'export const denoOld: string = Deno.env.get("OLD_KEY");',
	'export const denoUnknown: string = Deno.env.get("UNKNOWN");',
	"export const denoComputed: string = Deno.env.get(`A${Math.random()}`);",
];

/** The numbers of the lines with an error, in order. */
function failedLines(output: string, file: string): number[] {
	const places = [...output.matchAll(new RegExp(`${file}(?::|\\()(\\d+)`, "g"))];
	return [...new Set(places.map(([, line]) => Number(line)))].sort((a, b) => a - b);
}

describe("deno check", () => {
	function denoSays(...args: string[]): { status: number | null; output: string } {
		const result = spawnSync(deno, args, {
			cwd: ana.root,
			env: { ...cleanEnvironment(), DENO_DIR: join(ana.machine, "deno"), DENO_NO_UPDATE_CHECK: "1" },
			encoding: "utf8",
		});
		return { status: result.status, output: result.stdout + result.stderr };
	}

	test("accepts the right uses, and its linter and formatter accept the file", () => {
		ana.write("good.ts", IMPORT + [...GOOD_ENV, ...GOOD_DENO].join("\n"));
		const checked = denoSays("check", "good.ts");
		expect([checked.status, failedLines(checked.output, "good.ts")]).toEqual([0, []]);
		expect(denoSays("lint", "coffer-env.d.ts").status).toBe(0);
		expect(denoSays("fmt", "--check", "coffer-env.d.ts").status).toBe(0);
	});

	test("refuses each wrong use", () => {
		const lines = [...BAD_ENV, ...BAD_DENO];
		ana.write("bad.ts", IMPORT + lines.join("\n"));
		const checked = denoSays("check", "bad.ts");
		expect(checked.status).not.toBe(0);
		expect(failedLines(checked.output, "bad.ts")).toEqual(lines.map((_, at) => at + 2));
	});
});

describe("TypeScript with @types/node and its strictest checks of index signatures", () => {
	function tscSays(file: string): { status: number | null; output: string } {
		const compilerOptions = {
			...{ strict: true, noEmit: true, skipLibCheck: false, module: "nodenext", target: "es2022" },
			...{ noPropertyAccessFromIndexSignature: true, noUncheckedIndexedAccess: true },
			...{ exactOptionalPropertyTypes: true, types: ["node"], singleThreaded: true },
			typeRoots: [join(ROOT, "node_modules/@types")],
		};
		const { singleThreaded: _, ...options } = compilerOptions;
		const config = { compilerOptions: options, files: [file, "coffer-env.d.ts"] };
		ana.write("tsconfig.json", JSON.stringify(config));
		const tsc = join(ROOT, "node_modules/typescript-7/bin/tsc");
		const result = spawnSync(process.execPath, [tsc, "--singleThreaded", "-p", "."], {
			cwd: ana.root,
			encoding: "utf8",
		});
		return { status: result.status, output: result.stdout + result.stderr };
	}

	test("accepts the right uses", () => {
		ana.write("good-node.ts", IMPORT + GOOD_ENV.join("\n"));
		expect(tscSays("good-node.ts")).toEqual({ status: 0, output: "" });
	});

	test("refuses each wrong use, and an unknown name as a property", () => {
		const lines = [...BAD_ENV, "export const property: string | undefined = process.env.UNKNOWN;"];
		ana.write("bad-node.ts", IMPORT + lines.join("\n"));
		const { status, output } = tscSays("bad-node.ts");
		expect(status).not.toBe(0);
		expect(failedLines(output, "bad-node.ts")).toEqual(lines.map((_, at) => at + 2));
	});
});

describe("the command", () => {
	const path = () => join(ana.root, "coffer-env.d.ts");

	test("needs no identity, prints no value, and writes the same text again", async () => {
		const before = readFileSync(path(), "utf8");
		expect(before).not.toContain(CANARY);
		const again = await ana.coffer(["types", "--json"], { env: { COFFER_IDENTITY: undefined } });
		expect(again.json()).toMatchObject({
			file: "coffer-env.d.ts",
			environments: ["preview", "production"],
			sometimes: ["ONLY_LIVE"],
			deleted: ["OLD_KEY"],
			written: false,
		});
		expect(readFileSync(path(), "utf8")).toBe(before);
	});

	test("counts only the environments of -e", async () => {
		const args = ["types", "-e", "production", "--out", "live.d.ts", "--json"];
		expect((await ana.coffer(args)).json()).toMatchObject({ sometimes: [], written: true });
		expect(ana.read("live.d.ts")).toContain("  ONLY_LIVE: string;\n");
	});

	test("--check writes nothing, and fails for a stale or missing file, but not for other line ends", async () => {
		const fresh = ana.read("coffer-env.d.ts");
		writeFileSync(path(), fresh.replaceAll("\n", "\r\n"));
		expect((await ana.coffer(["types", "--check"])).status).toBe(0);
		const stale = fresh.replace("  API_KEY: string;\n", "");
		writeFileSync(path(), stale);
		const refused = await ana.coffer(["types", "--check", "--json"]);
		expect(refused.error()).toMatchObject({ code: "TYPES_STALE", exit: 1 });
		expect(ana.read("coffer-env.d.ts")).toBe(stale);
		const missing = await ana.coffer(["types", "--check", "--out", "none.d.ts", "--json"]);
		expect(missing.error()).toMatchObject({ code: "TYPES_STALE", exit: 1 });
		expect(existsSync(join(ana.root, "none.d.ts"))).toBe(false);
		await ana.ok(["types"]);
		expect(ana.read("coffer-env.d.ts")).toBe(fresh);
	});

	test("status says offline when the file is out of date, with the names and the command that mends it", async () => {
		await using bea = await newProject();
		const typesOf = async () => (await bea.data(["status"])).types;
		await bea.ok(["secrets", "set", "9LIVES=9", "GONE=1"]);
		expect(await typesOf()).toBeNull();
		await bea.ok(["types"]);
		expect(await typesOf()).toBeNull();
		await bea.ok(["secrets", "set", "NEW_KEY=1"]);
		await bea.ok(["secrets", "delete", "GONE"]);
		expect(await typesOf()).toEqual({
			...{ file: "coffer-env.d.ts", run: "coffer types" },
			...{ added: ["NEW_KEY"], removed: ["GONE"] },
		});
		const { stdout } = await bea.coffer(["status"]);
		expect(stdout).toContain("types        coffer-env.d.ts is out of date (+NEW_KEY, -GONE): coffer types\n");
		await bea.ok(["types"]);
		expect(await typesOf()).toBeNull();
		// A name that a new environment lacks is no name that was added.
		await bea.ok(["environments", "create", "preview"]);
		expect(await typesOf()).toMatchObject({ added: [], removed: [], run: "coffer types" });
		await bea.ok(["types", "-e", "production"]);
		expect(await typesOf()).toBeNull();
		await bea.ok(["secrets", "set", "LATER=1", "-e", "preview"]);
		expect(await typesOf()).toBeNull();
		await bea.ok(["secrets", "set", "LATER=1"]);
		expect(await typesOf()).toMatchObject({ added: ["LATER"], run: "coffer types -e production" });
		bea.write("coffer-env.d.ts", "declare const mine: string;\n");
		expect(await typesOf()).toBeNull();
	});

	test("replaces no other file, no link, and nothing that is no declaration file", async () => {
		ana.write("own.d.ts", "declare const mine: string;\n");
		symlinkSync(path(), join(ana.root, "link.d.ts"));
		const refused = async (out: string) => (await ana.coffer(["types", "--out", out, "--json"])).error();
		expect(await refused("own.d.ts")).toMatchObject({ code: "TYPES_FILE_FOREIGN", exit: 5 });
		expect(await refused("link.d.ts")).toMatchObject({ code: "FILE_UNREADABLE", exit: 1 });
		expect(await refused("index.ts")).toMatchObject({ code: "TYPES_PATH_INVALID", exit: 2 });
		expect(ana.read("own.d.ts")).toBe("declare const mine: string;\n");
	});
});
