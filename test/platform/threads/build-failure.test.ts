import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { buildText, ENTRY, filesOf, makeBuildFolders, prepare, testBuilder } from "../build/builder.ts";

const place = makeBuildFolders();
let builder: Builder;
beforeAll(async () => {
	builder = await testBuilder(place);
});

describe("a failed build names its reason and place, without paths of the platform", () => {
	const failure = async (source: string, files: Record<string, string> = {}) =>
		await buildText(builder, { [ENTRY]: source, ...files }).then(
			() => undefined,
			(error: { code: string; message: string; line?: number }) => error,
		);

	test.each([
		["a missing module", '\nimport "./none.ts";', "IMPORT_NOT_FOUND", 2],
		["bad syntax", "\n\nlet let = ;", "SOURCE_SYNTAX", 3],
		[
			"an export that is not there",
			'import { nothing } from "./x.js"; console.log(nothing);',
			"BUILD_FAILED",
			1,
		],
		["JSON without saying so", '\n\nimport x from "./x.json"; console.log(x);', "BUILD_FAILED", 3],
		[
			"a package that is not there",
			'\nimport x from "npm:@coffer-none/not-there-7f3a@1.0.0"; console.log(x);',
			"BUILD_FAILED",
			2,
		],
	])("%s", async (_, source, code, line) => {
		const error = await failure(source, { "functions/a/x.js": "export {};", "functions/a/x.json": "{}" });
		expect(error).toMatchObject({ code, line });
		expect(error?.message).toContain(ENTRY);
		expect(error?.message).not.toMatch(/coffer-build-|\/builder\/|file:\/\//);
	});

	test.each([
		["brackets", `x = ${"(".repeat(9000)}1${")".repeat(9000)};`],
		["functions", "()=>{".repeat(4000) + "}".repeat(4000)],
		["templates", `x = ${"`${".repeat(9000)}`],
		["a long sum in an import", `import(${"a + ".repeat(20_000)} 'b');`],
	])("sources that would overflow the parser's stack: %s", async (_, source) => {
		const error = await failure('import "./x.ts";', { "functions/a/x.ts": source });
		expect(error).toMatchObject({ code: "SOURCE_SYNTAX", exit: 2 });
		expect(error?.message).toContain("functions/a/x.ts");
	});

	test("a configuration that would overflow it", async () => {
		const error = await failure("", { "deno.json": "[".repeat(9000) + "]".repeat(9000) });
		expect(error).toMatchObject({ code: "CONFIGURATION_INVALID", exit: 2 });
	});

	test("a registry that never answers ends at the time limit, and leaves no process", async () => {
		const sockets = new Set<{ destroy(): void }>();
		const server = createServer((socket) => void sockets.add(socket)).listen(0, "127.0.0.1");
		onTestFinished(() => {
			for (const socket of sockets) socket.destroy();
			server.close();
		});
		await new Promise((resolve) => server.once("listening", resolve));
		const { port } = server.address() as { port: number };
		const slow = await testBuilder(place, {
			timeoutMs: 1000,
			passthrough: { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}/` },
		});
		const built = buildText(slow, { [ENTRY]: 'import x from "npm:never@1"; console.log(x);' });
		await expect(built).rejects.toMatchObject({ code: "BUILD_TIMEOUT" });
		expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(
			`${place.directory}/build-`,
		);
	});

	test("a bundle above the size limit", async () => {
		const small = await testBuilder(place, { outputBytesMax: 1000 });
		const source = `console.log(${JSON.stringify("x".repeat(2000))});`;
		await expect(buildText(small, { [ENTRY]: source })).rejects.toMatchObject({ code: "BUILD_TOO_LARGE" });
	});

	test("a build above the memory limit", async () => {
		const small = await testBuilder(place, { memoryBytesMax: 10 * 1024 * 1024 });
		await expect(buildText(small, { [ENTRY]: "console.log(1);" })).rejects.toMatchObject({
			code: "BUILD_FAILED",
		});
	});
});

describe("the source hash", () => {
	const FILES = {
		[ENTRY]: 'import "./x.ts";',
		"functions/a/x.ts": "1;",
		"functions/b.ts": "2;",
		"deno.json": "{}",
	};
	const hashOf = async (files: Record<string, string>, entry = ENTRY) =>
		(await prepare(builder, filesOf(files), entry)).source;

	test("does not change with unused files or the order of files", async () => {
		const reversed = Object.fromEntries(Object.entries(FILES).reverse());
		expect(await hashOf(reversed)).toBe(await hashOf(FILES));
		const others = { ...FILES, "functions/b.ts": "3;", "deno.json": '{ "tasks": {} }' };
		expect(await hashOf(others)).toBe(await hashOf(FILES));
	});

	test.each([
		["a module", { ...FILES, "functions/a/x.ts": "2;" }],
		["the import map", { ...FILES, "deno.json": '{ "imports": { "y": "./y.ts" } }' }],
		["the lock file", { ...FILES, "deno.lock": '{ "version": "5" }' }],
	])("changes with %s", async (_, files) => {
		expect(await hashOf(files)).not.toBe(await hashOf(FILES));
	});

	test("changes with the entry and with the allowed hosts", async () => {
		expect(await hashOf(FILES, "functions/a/x.ts")).not.toBe(await hashOf(FILES));
		const own = await testBuilder(place, { hosts: ["example.com"] });
		expect((await prepare(own, filesOf(FILES))).source).not.toBe(await hashOf(FILES));
	});
});
