/** Uploads that are made to take much time or memory: they are refused, or finish in one pass. */
import { beforeAll, describe, expect, test } from "vitest";
import {
	CONFIGURATION_BYTES_MAX,
	FILE_BYTES_MAX,
	IMPORT_MAP_NAMES_MAX,
	UPLOAD_FILES_MAX,
} from "../../../../src/modules/limits.ts";
import type { Builder } from "../../../../src/platform/build/bundle.ts";
import { CANARY, ENTRY, filesOf, makeBuildFolders, prepare, testBuilder } from "../builder.ts";

const place = makeBuildFolders();
let builder: Builder;
beforeAll(async () => {
	builder = await testBuilder(place, { levels: ["none"] });
});

/** A source of about the given size. */
const fill = (piece: string, bytes: number) => piece.repeat(Math.floor(bytes / piece.length));

async function codeOf(files: Record<string, string>): Promise<string> {
	try {
		await prepare(builder, filesOf(files));
		return "prepared";
	} catch (error) {
		return (error as { code?: string }).code ?? String(error);
	}
}

describe("deeply nested sources", () => {
	test.each([
		["brackets", "[".repeat(200_000)],
		["closed brackets", `${"[".repeat(100_000)}${"]".repeat(100_000)};`],
		["calls", `${"f(".repeat(100_000)}${")".repeat(100_000)};`],
		["functions", `${"()=>{".repeat(50_000)}${"}".repeat(50_000)}`],
		["signs", `${"- ".repeat(500_000)}1;`],
		["templates", `${"`${".repeat(50_000)}1${"}`".repeat(50_000)};`],
		["types", `type X = ${"Array<".repeat(100_000)}1${">".repeat(100_000)};`],
		["elements", `export default ${"<a>".repeat(100_000)}${"</a>".repeat(100_000)};`],
		["imports", `${"import(".repeat(50_000)}""${")".repeat(50_000)};`],
		["sums in an import", `import("../" + ${"a + ".repeat(200_000)}"x");`],
		["choices in an import", `import(${"a ? './x' : ".repeat(100_000)}'./y');`],
	])("are refused, and the platform continues: %s", async (_, source) => {
		expect(await codeOf({ [ENTRY]: source })).toBe("SOURCE_SYNTAX");
	});
});

describe("sources of the maximum size", () => {
	test.each([
		["comments that name maps", fill("//sourceMappingURL=\n", FILE_BYTES_MAX / 8)],
		["pragmas", `/* ${fill("@jsxImportSource  ", FILE_BYTES_MAX / 8)}*/`],
		["spaces in a pragma", `/* @jsxImportSource${" ".repeat(FILE_BYTES_MAX / 8)}*/`],
		["lines", fill("1;\n", FILE_BYTES_MAX / 8)],
		["one text", `"${"x".repeat(FILE_BYTES_MAX - 100)}";`],
		["texts with escapes", `"${fill("\\x41", FILE_BYTES_MAX / 2)}";`],
	])("%s", async (_, source) => {
		expect(await codeOf({ [ENTRY]: source })).toMatch(/^(prepared|IMPORT_\w+)$/);
	});

	test("are built with imports that are known in part, over thousands of files", async () => {
		const files = Object.fromEntries(
			Array.from({ length: UPLOAD_FILES_MAX - 1 }, (_, n) => [`functions/a/m/file-${n}.json`, "1"]),
		);
		const source = Array.from({ length: 100_000 }, (_, n) => `import(\`./m/\${x}${n}\`);`).join("\n");
		expect(await codeOf({ ...files, [ENTRY]: source })).toBe("IMPORT_UNSUPPORTED");
	});

	test.each([
		[IMPORT_MAP_NAMES_MAX / 4, "prepared"],
		[IMPORT_MAP_NAMES_MAX, "CONFIGURATION_INVALID"],
	])("an import map of %d names and as many scopes: %s", async (count, code) => {
		const names = Array.from({ length: count }, (_, n) => n);
		const imports = Object.fromEntries(names.map((n) => [`x${n}/`, "./x/"]));
		const scopes = Object.fromEntries(names.map((n) => [`./functions/s${n}/`, { y: "./x/a.ts" }]));
		const source = names.map((n) => `import "x${n}/a.ts";`).join("\n");
		const files = { "deno.json": JSON.stringify({ imports, scopes }), "x/a.ts": "", [ENTRY]: source };
		expect(await codeOf(files)).toBe(code);
	});

	test("a package.json with more dependencies than an import map may have is refused", async () => {
		const names = Array.from({ length: IMPORT_MAP_NAMES_MAX }, (_, n) => [`x${n}`, "1.0.0"]);
		const manifest = JSON.stringify({ dependencies: Object.fromEntries(names) });
		expect(await codeOf({ "package.json": manifest, [ENTRY]: "" })).toBe("CONFIGURATION_INVALID");
	});
});

describe("configuration files", () => {
	test.each(["deno.json", "package.json", "deno.lock"])("%s above its limit is refused", async (path) => {
		const text = JSON.stringify({ version: "5", description: "x".repeat(CONFIGURATION_BYTES_MAX) });
		expect(await codeOf({ [path]: text, [ENTRY]: "" })).toBe("CONFIGURATION_INVALID");
	});

	test.each([
		["is not valid", "packages: [", "CONFIGURATION_INVALID"],
		["is a list", "- a", "CONFIGURATION_INVALID"],
		["holds nothing", "", "IMPORT_UNMAPPED"],
		[
			"repeats itself without end",
			`a0: &a0 [x]\n${Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(20)}]`).join("\n")}`,
			"CONFIGURATION_INVALID",
		],
		[
			"has patterns of any shape",
			`packages: ["**/**/**/**/*", "{a,b}{c,d}/**", "[", "!!x", "../../..", "/etc", 7]`,
			"IMPORT_UNMAPPED",
		],
	])("a pnpm-workspace.yaml that %s", async (_, text, code) => {
		expect(
			await codeOf({ "pnpm-workspace.yaml": text, "x/y/z/package.json": "{}", [ENTRY]: 'import "x";' }),
		).toBe(code);
	});

	test("a workspace of more folders than the maximum of members is refused", async () => {
		const folders = Array.from({ length: UPLOAD_FILES_MAX - 2 }, (_, n) => [`m/a${n}/b/c/d/e/x.json`, "1"]);
		const files = {
			...Object.fromEntries(folders),
			"package.json": '{"workspaces":["**"]}',
			[ENTRY]: 'import "x";',
		};
		expect(await codeOf(files)).toBe("CONFIGURATION_INVALID");
	});
});

describe("code that never ends", () => {
	test.each([
		["a loop", "for (;;);"],
		["a constant that folds", `export default ${"'x' + ".repeat(2_000)}'x';`],
		["an expression that backtracks", "export default /^(a+)+$/.test('a'.repeat(1000) + 'b');"],
		[
			"types that recurse",
			"type A<T> = T extends [infer H, ...infer R] ? A<[H, H, ...R]> : T; export type B = A<[1]>; for (;;);",
		],
		["an enum", "enum E { A = 1 << 30, B = A ** A } for (;;) console.log(E.B);"],
		["a decorator", "function d(): never { for (;;); } @d class X {} console.log(X);"],
	])("is not executed by a build: %s", async (_, source) => {
		const bundle = await builder.build(await prepare(builder, filesOf({ [ENTRY]: source })));
		expect(new TextDecoder().decode(bundle.code)).not.toContain(CANARY);
	});
});
