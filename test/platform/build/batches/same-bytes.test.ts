/** A function's bundle and source map do not depend on the functions that are built in the same run. */
import { watch } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../../../../src/errors.ts";
import { batchOf } from "../../../../src/platform/build/batches/batch.ts";
import type { Builder, Bundle } from "../../../../src/platform/build/bundle.ts";
import type { PreparedBuild } from "../../../../src/platform/build/check/checker.ts";
import { filesOf, makeBuildFolders, testBuilder } from "../builder.ts";

const MAXIMA = { memoryMB: 1024, timeoutSeconds: 150, maxBodyMB: 100 };

const FILES = {
	"deno.json": '{"imports": {"nanoid": "npm:nanoid@5.1.6", "~/": "./shared/"}}',
	"shared/text.ts": `export const used = () => Deno.env.get("USED");
export const unused = () => Deno.env.get("UNUSED");
export const pure = /* @__PURE__ */ unused();
const name = "shared"; export default name;`,
	"shared/late.ts": `export const late = () => Deno.env.get("LATE"); console.log("late");`,
	"shared/data.json": '{"a": 1}',
	// The names of modules collide with those of others.
	"functions/a/index.ts": `import { used } from "~/text.ts"; import { nanoid } from "nanoid"; const name = 1;
export default () => new Response(used() + nanoid() + name);`,
	"functions/b/index.ts": `import shared, { pure, unused } from "~/text.ts"; const name = 2;
export default async () => new Response(unused() + shared + name + pure + (await import("../../shared/late.ts")).late());`,
	"functions/c/main.tsx": `/** @jsxImportSource npm:preact@10.27.2 */
import data from "../../shared/data.json" with { type: "json" };
import { late } from "../../shared/late.ts";
export default () => <p>{data.a}{late()}</p>;`,
	"functions/d.js": `import fs from "fs"; import { customAlphabet } from "nanoid";
export default () => new Response(String(fs.existsSync("/")) + customAlphabet("a", 1)());`,
	"functions/e/index.ts": `import handler from "../a/index.ts"; import { late } from "../../shared/late.ts"; late(); export default handler;`,
	"functions/with space/index.ts": `export { default } from "../e/index.ts";`,
	"functions/50%25 #ü?/index.ts": `export { default } from "../e/index.ts";`,
	// The bundler writes another name than that of its URL.
	"functions/with:colon/index.ts": `export { default } from "../e/index.ts";`,
};
const ENTRIES = Object.keys(FILES).filter((path) => path.startsWith("functions/"));

const place = makeBuildFolders();
let builder: Builder;
let prepared: readonly PreparedBuild[];
let together: readonly Bundle[];
/** The folders of the bundler's runs. */
const runs = new Set<string>();

beforeAll(async () => {
	builder = await testBuilder(place);
	const functions = ENTRIES.map((entry, index) => ({ name: `f${index}`, entry }));
	const checked = await builder.prepare({ files: filesOf(FILES), functions }, MAXIMA);
	prepared = [...checked.functions.values()].map((one) => {
		if (one instanceof AppError) throw one;
		return one;
	});
	const watcher = watch(place.directory, (_, name) => {
		if (name?.startsWith("build-")) runs.add(name);
	});
	together = await Promise.all(prepared.map((one) => builder.build(one)));
	watcher.close();
});
afterAll(() => builder.close());

test("all functions share one run of the bundler", () => {
	expect(batchOf(prepared, 16).builds).toHaveLength(ENTRIES.length);
});

test("only a function whose bundle got another name than expected has a second run", () => {
	expect(runs.size).toBe(2);
});

test.each(ENTRIES.map((entry, index) => [entry, index] as const))("%s", async (_, index) => {
	const { sharing, ...alone } = prepared[index] as PreparedBuild;
	expect(sharing).toBeDefined();
	const bundle = await builder.build(alone);
	expect(Buffer.from(together[index]?.code ?? []).toString()).toBe(Buffer.from(bundle.code).toString());
	expect(Buffer.from(together[index]?.sourceMap ?? []).toString()).toBe(
		Buffer.from(bundle.sourceMap).toString(),
	);
	expect(together[index]).toEqual(bundle);
});

test("functions in one run keep separate references", () => {
	const names = together.map(({ references }) => references?.references.map(({ name }) => name));
	expect(names).toEqual([
		["USED"],
		["LATE", "UNUSED"],
		["LATE"],
		[],
		["LATE", "USED"],
		["LATE", "USED"],
		["LATE", "USED"],
		["LATE", "USED"],
	]);
});

test("a function that imports the entry of another gets the source map of a separate run", async () => {
	const files = filesOf({
		"functions/js.js": `export default () => new Response(Deno.env.get("A"));`,
		"functions/importing.ts": `export { default } from "./js.js";`,
	});
	const functions = ["js.js", "importing.ts"].map((name) => ({ name, entry: `functions/${name}` }));
	const checked = await builder.prepare({ files, functions }, MAXIMA);
	const builds = [...checked.functions.values()].flatMap((one) => (one instanceof AppError ? [] : [one]));
	expect(builds).toHaveLength(2);
	const inOneUpload = await Promise.all(builds.map((one) => builder.build(one)));
	const alone = await Promise.all(builds.map((one) => builder.build({ ...one, sharing: undefined })));
	expect(inOneUpload).toEqual(alone);
});

test("a worker of two functions is bundled for both in one run", async () => {
	const start = `export default () => new Worker(new URL("../worker.ts", import.meta.url), { type: "module" });`;
	const files = filesOf({
		"functions/x/index.ts": start,
		"functions/y/index.ts": start,
		"functions/worker.ts": `console.log(Deno.env.get("OF_WORKER"));`,
	});
	const functions = ["x", "y"].map((name) => ({ name, entry: `functions/${name}/index.ts` }));
	const checked = await builder.prepare({ files, functions }, MAXIMA);
	const workers = [...checked.functions.values()].map((one) => {
		if (one instanceof AppError) throw one;
		return { ...one, entry: "functions/worker.ts", isWorker: true };
	});
	expect(batchOf(workers, 16).builds).toHaveLength(2);
	const [first, second] = await Promise.all(workers.map((one) => builder.build(one)));
	expect(first?.references?.references.map(({ name }) => name)).toEqual(["OF_WORKER"]);
	expect(second).toEqual(first);
	// It changes the globals of the worker, as the host does in the main thread.
	expect(Buffer.from(first?.code ?? []).toString()).toMatch(/\nimport "coffer:worker";\n$/);
});
