/**
 * The files of a project's own packages in an upload, and that client and platform resolve their names in the
 * same way.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { analyzeEntries } from "../../../src/local/analyze.ts";
import { projectEntries } from "../../../src/local/entries.ts";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { collectSources, projectFiles } from "../../../src/project/functions/collect.ts";
import { makeBuildFolders, prepare, testBuilder } from "../../platform/build/builder.ts";
import { type NpmRegistry, startNpmRegistry } from "../../support/services/npm-registry.ts";
import { temporaryProject } from "./project.ts";

const ENTRY = "functions/a/index.ts";
const FUNCTIONS = [{ name: "a", entry: ENTRY }];
const WORKSPACE = {
	"package.json": JSON.stringify({ workspaces: ["packages/*"], dependencies: { "@acme/lib": "^1.0.0" } }),
	"packages/lib/package.json": JSON.stringify({
		name: "@acme/lib",
		version: "1.0.0",
		main: "src/index.ts",
		dependencies: { "@acme/deep": "workspace:*" },
	}),
	"packages/lib/src/index.ts":
		'import { key } from "@acme/deep/keys"; export const read = () => Deno.env.get(key);',
	"packages/lib/src/unused.ts": "",
	"packages/deep/package.json": JSON.stringify({ name: "@acme/deep", exports: { "./keys": "./keys.ts" } }),
	"packages/deep/keys.ts": 'export const key = "LIB_KEY";',
	"packages/other/package.json": JSON.stringify({ name: "@acme/other", main: "index.ts" }),
	"packages/other/index.ts": "",
};
const SOURCE = 'import { read } from "@acme/lib";\nexport default () => new Response(read());\n';
const UPLOADED = [
	ENTRY,
	"package.json",
	"packages/deep/keys.ts",
	"packages/deep/package.json",
	"packages/lib/package.json",
	"packages/lib/src/index.ts",
	"packages/other/package.json",
];

describe("an upload", () => {
	test("contains the workspace members that are imported, and the manifests of all members, which list the local names", async () => {
		const root = temporaryProject({ ...WORKSPACE, [ENTRY]: SOURCE });
		expect([...(await collectSources(root, FUNCTIONS)).keys()]).toEqual(UPLOADED);
	});

	test("is the same if node_modules contains links to members", async () => {
		const stranger = { "node_modules/@acme/deep/package.json": '{"name":"@acme/deep","version":"9.0.0"}' };
		const root = temporaryProject({ ...WORKSPACE, ...stranger, [ENTRY]: SOURCE });
		symlinkSync("../../packages/lib", join(root, "node_modules/@acme/lib"));
		mkdirSync(join(root, "packages/lib/node_modules/@acme"), { recursive: true });
		symlinkSync("../../../deep", join(root, "packages/lib/node_modules/@acme/deep"));
		expect([...(await collectSources(root, FUNCTIONS)).keys()]).toEqual(UPLOADED);
	});

	test("contains members that are links in the project", async () => {
		const { "packages/deep/keys.ts": keys, "packages/deep/package.json": manifest, ...rest } = WORKSPACE;
		const root = temporaryProject({
			...rest,
			"elsewhere/keys.ts": keys,
			"elsewhere/package.json": manifest,
			[ENTRY]: SOURCE,
		});
		symlinkSync("../elsewhere", join(root, "packages/deep"));
		expect([...(await collectSources(root, FUNCTIONS)).keys()]).toEqual(UPLOADED);
	});

	test("of many functions parses each module once, in whatever order the functions are checked", async () => {
		const names = Array.from({ length: 12 }, (_, index) => `f${index}`);
		const entries = Object.fromEntries(names.map((name) => [`functions/${name}/index.ts`, SOURCE]));
		const root = temporaryProject({ ...WORKSPACE, ...entries });
		const functions = names.map((name) => ({ name, entry: `functions/${name}/index.ts` }));
		const port = projectFiles(root);
		for (const one of functions) await collectSources(root, [one], port);
		await collectSources(root, functions, port);
		expect(port.scanner.parses).toBe(14);
	});
});

/** A project that is a member of a workspace around it. */
function memberProject(source: string): string {
	const root = temporaryProject({
		"package.json": '{"name":"project","dependencies":{"@acme/lib":"^1"}}',
		[ENTRY]: source,
	});
	const around = {
		"package.json": '{"workspaces":["project","packages/*"]}',
		"packages/lib/package.json": '{"name":"@acme/lib","version":"1.0.0"}',
	};
	for (const [path, text] of Object.entries(around)) {
		mkdirSync(dirname(join(root, "..", path)), { recursive: true });
		writeFileSync(join(root, "..", path), text);
	}
	return root;
}

describe("a member of a workspace around the project", () => {
	test.each(['import "@acme/lib";', 'import "npm:@acme/lib@1";'])("is refused: %s", async (source) => {
		await expect(collectSources(memberProject(`\n${source}`), FUNCTIONS)).rejects.toMatchObject({
			code: "IMPORT_OUTSIDE",
			exit: 2,
			line: 2,
			message: expect.stringMatching(
				/^functions\/a\/index\.ts:2 imports ".*@acme\/lib.*": it is the workspace member \.\.\/packages\/lib, which is outside/,
			),
			hint: expect.stringContaining("coffer.json"),
		});
	});

	test("is not looked for above a repository", async () => {
		const root = memberProject('import "@acme/lib";');
		mkdirSync(join(root, ".git"));
		expect([...(await collectSources(root, FUNCTIONS)).keys()]).toContain("package.json");
	});
});

describe("deploying, the platform and references --local", () => {
	let registry: NpmRegistry;
	let builder: Builder;
	const place = makeBuildFolders();
	beforeAll(async () => {
		const stranger = { version: "1.0.0", source: 'export const read = () => Deno.env.get("STRANGER");' };
		registry = await startNpmRegistry({ "@acme/lib": stranger, "@acme/deep": stranger });
		builder = await testBuilder(place, { levels: ["none"] });
	});
	afterAll(async () => {
		builder.close();
		await registry[Symbol.asyncDispose]();
	});

	async function localOf(root: string) {
		const { entries } = await projectEntries(root, []);
		const variables = Object.entries({
			...process.env,
			NPM_CONFIG_REGISTRY: registry.url,
			DENO_DIR: join(place.root, "deno"),
		});
		const environment = Object.fromEntries(
			variables.filter((entry): entry is [string, string] => entry[1] !== undefined),
		);
		const { signal } = new AbortController();
		const [found] = await analyzeEntries(entries, { root, deno: {}, environment, signal });
		return found;
	}

	test.each<[string, string, Record<string, string>, RegExp | undefined]>([
		["a member", SOURCE, {}, undefined],
		["a member by a registry's specifier", SOURCE.replace("@acme", "npm:@acme"), {}, undefined],
		[
			"a member at another version",
			SOURCE,
			{ "package.json": WORKSPACE["package.json"].replace("^1.0.0", "^2.0.0") },
			/at version 1\.0\.0, which does not satisfy "\^2\.0\.0"/,
		],
		[
			"a member without its file",
			SOURCE,
			{ "packages/lib/package.json": '{"name":"@acme/lib","main":"dist/x.js"}' },
			/its file was not found: package\.json says "main": "dist\/x\.js"/,
		],
		[
			"a name that is said to be local",
			'import "gone";',
			{ "package.json": '{"dependencies":{"gone":"workspace:*"}}' },
			/no member of the workspace has the name "gone"/,
		],
		[
			"a name of its own",
			'import { read } from "#own"; read();',
			{
				"package.json": '{"imports":{"#own":"./own.ts"}}',
				"own.ts": 'export const read = () => Deno.env.get("LIB_KEY");',
			},
			undefined,
		],
		[
			"a name of its own that is not there",
			'import "#none";',
			{},
			/neither an import map nor the "imports" of package\.json/,
		],
	])("have the same result for %s", async (_, source, more, refusal) => {
		const root = temporaryProject({ ...WORKSPACE, [ENTRY]: source, ...more });
		const collected = await collectSources(root, FUNCTIONS).catch((error: AppError) => error);
		const found = await localOf(root);
		expect(registry.requested).toEqual([]);
		if (refusal === undefined) {
			if (collected instanceof AppError) throw collected;
			const prepared = await prepare(builder, collected);
			const reached = [...collected.keys()].filter((path) => path.endsWith(".ts"));
			expect([...prepared.files.keys()].filter((path) => !path.startsWith("."))).toEqual(reached);
			expect(found?.warnings).toEqual([]);
			expect(found?.references.map(({ name }) => name)).toEqual(["LIB_KEY"]);
			return;
		}
		expect(collected).toBeInstanceOf(AppError);
		expect((collected as AppError).message).toMatch(refusal);
		expect(found?.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(refusal)]);
		// The platform does not trust the client: it refuses the same files if they are sent without the
		// client's checks.
		const sent = Object.entries({ ...WORKSPACE, [ENTRY]: source, ...more });
		const files = new Map(sent.map(([path, text]) => [path, new TextEncoder().encode(text)]));
		await expect(prepare(builder, files)).rejects.toMatchObject({ message: (collected as AppError).message });
	});
});
