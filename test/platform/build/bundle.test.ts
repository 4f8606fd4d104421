import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { importHosts } from "../../../src/platform/configuration/import-hosts.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { startJsrRegistry } from "../../support/services/jsr-registry.ts";
import { buildText, ENTRY, makeBuildFolders, NETWORK, testBuilder } from "./builder.ts";

const place = makeBuildFolders();
let builder: Builder;
beforeAll(async () => {
	builder = await testBuilder(place);
});

/** Runs a bundle that prints and ends. */
async function run(code: Uint8Array): Promise<string> {
	const path = join(place.root, "run.js");
	writeFileSync(path, code);
	const flags = ["run", "--no-prompt", "--no-remote", "--no-npm", "--no-config", "--allow-env"];
	return execFileSync(await findDeno(), [...flags, path], {
		env: { NO_COLOR: "1" },
		encoding: "utf8",
	}).trim();
}

const SHARED = `
export function paid() { return Deno.env.get("PAY_KEY"); }
export function mailed() { return Deno.env.get("MAIL_KEY"); }
`;

/** The processes that this one has started to check sources. */
function checkProcesses(): string[] {
	const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
	return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("check.cjs"));
}

test("a build takes one process for its check, its graph and its bundle", async () => {
	const [other, before] = [await testBuilder(place), checkProcesses()];
	await buildText(other, { [ENTRY]: "console.log(1);" });
	expect(checkProcesses().filter((pid) => !before.includes(pid))).toHaveLength(1);
	other.close();
});

describe("a bundle", () => {
	test("contains all imports and runs without them: TypeScript, enums, JSON, text, npm, Node's modules", async () => {
		const source = `
import ms from "npm:ms@2.1.3";
import { join } from "node:path";
import { basename } from "path";
import data from "./data.json" with { type: "json" };
import text from "./text.txt" with { type: "text" };
const { late } = await import("./late.ts");
enum Kind { One = "one" }
console.log(ms("1d"), join("a", "b"), basename("/c/d"), data.value, text, late satisfies string, Kind.One);`;
		const bundle = await buildText(builder, {
			[ENTRY]: source,
			"functions/a/data.json": '{ "value": 7 }',
			"functions/a/text.txt": "words",
			"functions/a/late.ts": 'export const late: string = "late";',
		});
		expect(await run(bundle.code)).toBe("86400000 a/b d 7 words late one");
		expect(bundle.sources.sort()).toEqual([
			"functions/a/data.json",
			ENTRY,
			"functions/a/late.ts",
			"functions/a/text.txt",
			"npm:ms@2.1.3/index.js",
		]);
	});

	test("leaves out what a function does not use of a shared module", async () => {
		const files = {
			[ENTRY]: 'import { paid } from "../../shared/keys.ts"; console.log(paid());',
			"functions/b.ts": 'import { mailed } from "../shared/keys.ts"; console.log(mailed());',
			"shared/keys.ts": SHARED,
		};
		const [a, b] = [await buildText(builder, files), await buildText(builder, files, "functions/b.ts")];
		expect(a.text).toContain("PAY_KEY");
		expect(a.text).not.toContain("MAIL_KEY");
		expect(b.text).toContain("MAIL_KEY");
		expect(b.text).not.toContain("PAY_KEY");
		expect(a.hash).not.toBe(b.hash);
	});

	test("follows the import maps of the root and of the function, and package.json", async () => {
		const bundle = await buildText(builder, {
			[ENTRY]:
				'import { x } from "x"; import { y } from "@/y.ts"; import ms from "ms"; console.log(x, y, ms(1000));',
			"deno.jsonc": '{ /* root */ "imports": { "@/": "./shared/", "x": "./shared/y.ts", }, }',
			"functions/a/deno.json": '{ "imports": { "x": "./x.ts" } }',
			"functions/a/x.ts": 'export const x = "x";',
			"shared/y.ts": 'export const y = "y";',
			"package.json": '{ "dependencies": { "ms": "2.1.3" } }',
		});
		expect(await run(bundle.code)).toBe("x y 1s");
	});

	test("follows scopes and an importMap file", async () => {
		const bundle = await buildText(builder, {
			[ENTRY]: 'import { x } from "x"; import { s } from "../../shared/s.ts"; console.log(x, s);',
			"deno.json": '{ "importMap": "maps/map.json" }',
			"maps/map.json": '{ "imports": { "x": "../x.ts" }, "scopes": { "../shared/": { "x": "../y.ts" } } }',
			"x.ts": 'export const x = "x";',
			"y.ts": 'export const x = "y";',
			"shared/s.ts": 'export { x as s } from "x";',
		});
		expect(await run(bundle.code)).toBe("x y");
	});

	test("contains the files that a partly known import can name, and no others", async () => {
		const bundle = await buildText(builder, {
			[ENTRY]:
				'const name = Deno.env.get("NOBODY") ?? "de"; console.log((await import(`./l/${name}.ts`)).hello);',
			"functions/a/l/de.ts": 'export const hello = "Guten Tag";',
			"functions/a/l/en.ts": 'export const hello = "Good day";',
			"functions/a/other.ts": 'export const hello = "unused-words";',
		});
		expect(await run(bundle.code)).toBe("Guten Tag");
		expect(bundle.text).toContain("Good day");
		expect(bundle.text).not.toContain("unused-words");
	});

	test.each([
		["by URL", "https://deno.land/std@0.168.0/http/server.ts", "{}"],
		["without a version", "https://deno.land/std/http/mod.ts", "{}"],
		[
			"through a folder of the import map",
			"std/http/server.ts",
			'{ "imports": { "std/": "https://deno.land/std@0.200.0/" } }',
		],
		[
			"through the import map",
			"http",
			'{ "imports": { "http": "https://deno.land/std@0.200.0/http/server.ts" } }',
		],
		[
			"through a scope",
			"http",
			'{ "scopes": { "./functions/": { "http": "https://deno.land/std@0.177.0/http/server.ts" } } }',
		],
	])("uses the platform's HTTP server in place of std's: %s", async (_, specifier, config) => {
		const source = `import { serve } from "${specifier}"; serve(() => new Response("hi"));`;
		const bundle = await buildText(builder, { [ENTRY]: source, "deno.json": config });
		expect(bundle.sources).toContain("coffer:std-http.ts");
		expect(bundle.text).not.toContain("deno.land");
	});

	test("uses a module that the platform provides", async () => {
		const own = await testBuilder(place, {
			builtins: new Map([["base44:runtime", 'export const who = "provided";']]),
		});
		const bundle = await buildText(own, {
			[ENTRY]: 'import { who } from "base44:runtime"; console.log(who);',
		});
		expect(await run(bundle.code)).toBe("provided");
	});

	test("compiles JSX as the configuration says", async () => {
		const files = {
			"functions/a/index.tsx": "console.log(<p>hi</p>);",
			"deno.json": JSON.stringify({
				compilerOptions: { jsx: "react-jsx", jsxImportSource: "kit" },
				imports: { "kit/jsx-runtime": "./kit.ts" },
			}),
			"kit.ts": 'export const jsx = (tag: string) => tag + " made"; export const jsxs = jsx, Fragment = 0;',
		};
		expect(await run((await buildText(builder, files, "functions/a/index.tsx")).code)).toBe("p made");
	});

	test("uses the versions of the lock file", async () => {
		const lock = {
			version: "5",
			specifiers: { "npm:ms@2": "2.1.1" },
			npm: {
				"ms@2.1.1": {
					integrity:
						"sha512-tgp+dl5cGk28utYktBsrFqA7HKgrhgPsg6Z/EfhWI4gl1Hwq8B/GmY/0oXZ6nF8hDVesS/FpnYaD/kOWhYQvyg==",
				},
			},
		};
		const bundle = await buildText(builder, {
			[ENTRY]: 'import ms from "npm:ms@2"; console.log(ms(1000));',
			"deno.lock": JSON.stringify(lock),
		});
		expect(bundle.sources).toContain("npm:ms@2.1.1/index.js");
	});

	test("has the same bytes wherever it is built, and names no folder of the platform", async () => {
		const entry = "functions/a #1/50% (?).ts";
		const files = {
			[entry]: 'import ms from "npm:ms@2.1.3"; import { k } from "./[k] é%23.ts"; console.log(ms(k));',
			"functions/a #1/[k] é#.ts": "export const k = 1;",
		};
		const elsewhere = await testBuilder({ ...place, directory: join(place.root, "another/place") });
		const [first, second] = [
			await buildText(builder, files, entry),
			await buildText(elsewhere, files, entry),
		];
		expect(second.hash).toBe(first.hash);
		expect(second.sourceMap).toBe(first.sourceMap);
		for (const text of [first.text, first.sourceMap])
			expect(text).not.toMatch(/coffer-build-|\/builder\/|\/tmp\//);
	});
});

describe("the hosts of modules", () => {
	test("a package of the registry that JSR_URL names is built", async () => {
		const modules = { "/mod.ts": 'export const region = () => "near";\n' };
		await using registry = await startJsrRegistry(modules);
		const passthrough = { ...NETWORK, JSR_URL: registry.url };
		const mirrored = await testBuilder(place, { passthrough, hosts: importHosts(passthrough) });
		const source = 'import { region } from "jsr:@coffer/region@1"; console.log(region());';
		const { code } = await buildText(mirrored, { [ENTRY]: source });
		mirrored.close();
		expect(await run(code)).toBe("near");
	});

	test("the error for another host names the hosts, and how to allow it", async () => {
		const source = 'import "https://modules.invalid/x.ts";';
		await expect(buildText(builder, { [ENTRY]: source })).rejects.toMatchObject({
			code: "IMPORT_NOT_ALLOWED",
			message: `${ENTRY}:1 imports "https://modules.invalid/x.ts": modules of modules.invalid are not allowed.`,
			hint: expect.stringMatching(/one of .*esm\.sh.*COFFER_IMPORT_HOSTS=modules\.invalid /),
		});
	});
});
