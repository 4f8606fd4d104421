import { beforeAll, describe, expect, test } from "vitest";
import { cryptoReady } from "../../../../src/crypto.ts";
import { batchOf, outputOf } from "../../../../src/platform/build/batches/batch.ts";
import { sharingOf } from "../../../../src/platform/build/batches/sharing.ts";
import type { PreparedBuild } from "../../../../src/platform/build/check/checker.ts";
import { CONFIGURATION, LOCK } from "../../../../src/platform/build/hidden-folder.ts";

const UPLOAD = {};

interface Case {
	readonly entry: string;
	readonly files?: Readonly<Record<string, string>>;
	readonly imports?: Readonly<Record<string, string>>;
	readonly scopes?: Readonly<Record<string, unknown>>;
	readonly lock?: string;
	readonly localNames?: readonly string[];
	readonly upload?: object | undefined;
}

/** Equal texts of an upload are one object. */
const CONTENTS = new Map<string, Uint8Array>();
const contentOf = (text: string): Uint8Array => {
	const known = CONTENTS.get(text) ?? Buffer.from(text);
	CONTENTS.set(text, known);
	return known;
};

function build({
	entry,
	files = {},
	imports = {},
	scopes = {},
	lock,
	localNames = [],
	...rest
}: Case): PreparedBuild {
	const texts = {
		[entry]: `// ${entry}`,
		...files,
		[CONFIGURATION]: JSON.stringify({ imports, scopes }),
		...(lock === undefined ? {} : { [LOCK]: lock }),
	};
	const contents = new Map(Object.entries(texts).map(([path, text]) => [path, contentOf(text)]));
	const upload = "upload" in rest ? rest.upload : UPLOAD;
	const sharing = sharingOf(contents, localNames);
	return {
		...{ entry, source: entry, localNames, files: contents },
		sharing: sharing && upload && { ...sharing, upload },
	};
}

/** The entries of the batch that begins with the first build. */
const together = (...cases: Case[]) => batchOf(cases.map(build), 16).builds.map(({ entry }) => entry);

const LARGE = { x: `npm:${"x".repeat(70_000)}` };
const A: Case = { entry: "a.ts" };
const B: Case = { entry: "b.ts" };

beforeAll(() => cryptoReady);

describe("builds share a run of the bundler", () => {
	test("if they belong to one upload and have the same configuration", () => {
		expect(together(A, B)).toEqual(["a.ts", "b.ts"]);
	});

	test("up to the maximum number", () => {
		const cases = Array.from({ length: 5 }, (_, index) => build({ entry: `${index}.ts` }));
		expect(batchOf(cases, 3).builds).toHaveLength(3);
	});

	test("with scopes of files that only one of them has", () => {
		const scopes = { "../a.ts": { fs: "node:fs" } };
		const { builds, files } = batchOf([build({ ...A, scopes }), build(B)], 16);
		expect(builds).toHaveLength(2);
		expect(JSON.parse(Buffer.from(files.get(CONFIGURATION) ?? []).toString())).toEqual({
			imports: {},
			scopes,
		});
	});

	test("with scopes of a file that both have, if they are equal", () => {
		const shared = { files: { "s.ts": "" }, scopes: { "../s.ts": { fs: "node:fs" } } };
		expect(together({ ...A, ...shared }, { ...B, ...shared })).toHaveLength(2);
	});

	test("if one imports the entry of the other in TypeScript", () => {
		expect(together(A, { ...B, files: { "a.ts": "// a.ts" } })).toHaveLength(2);
	});
});

describe("builds do not share a run", () => {
	const shared = { files: { "dir/s.ts": "" } };
	const scope = (name: string, target = "node:fs") => ({ [name]: { fs: target } });
	test.each<[string, Case, Case]>([
		["of different uploads", A, { ...B, upload: {} }],
		["of no upload", { ...A, upload: undefined }, { ...B, upload: undefined }],
		["with different import maps", A, { ...B, imports: { x: "npm:x@1" } }],
		["with different lock files", { ...A, lock: "1" }, { ...B, lock: "2" }],
		["if only one has a lock file", A, { ...B, lock: "2" }],
		["if the project's own packages differ", A, { ...B, localNames: ["lib"] }],
		["if a shared file has different contents", { ...A, ...shared }, { ...B, files: { "dir/s.ts": "x" } }],
		["if a scope concerns a file of the other", { ...A, ...shared }, { ...B, scopes: scope("../dir/s.ts") }],
		["if a scope concerns a file of the first", { ...A, scopes: scope("../dir/s.ts") }, { ...B, ...shared }],
		[
			"if the scopes of a shared file differ",
			{ ...A, ...shared, scopes: scope("../dir/s.ts") },
			{ ...B, ...shared, scopes: scope("../dir/s.ts", "node:fs/promises") },
		],
		["if only one has a scope of a folder", A, { ...B, scopes: scope("../dir/") }],
		["if only the first has a scope of a folder", { ...A, scopes: scope("../dir/") }, B],
		["if only one has a scope of a URL", A, { ...B, scopes: scope("https://x.test/a.ts") }],
		["if a configuration is large", { ...A, imports: LARGE }, { ...B, imports: LARGE }],
		[
			"if a file with an escaped name is concerned",
			{ ...A, files: { "a b.ts": "" } },
			{ ...B, scopes: scope("../a%20b.ts") },
		],
	])("%s", (_, first, second) => {
		expect(together(first, second)).toEqual(["a.ts"]);
	});

	test.each(["js", "mjs", "cjs", "jsx"])("if one imports the entry of the other, which is %s", (ending) => {
		const entry = `a.${ending}`;
		const importing = { ...B, files: { [entry]: `// ${entry}` } };
		expect(together({ entry }, importing)).toEqual([entry]);
		expect(together(importing, { entry })).toEqual(["b.ts"]);
	});

	test("do not keep later builds from sharing one", () => {
		expect(together(A, { ...B, imports: { x: "npm:x@1" } }, { entry: "c.ts" })).toEqual(["a.ts", "c.ts"]);
	});
});

test.each([
	[["functions/a/index.ts", "functions/b/index.ts"], "a/index.js"],
	[["functions/a.ts", "functions/b/index.ts"], "a.js"],
	[["functions/a/index.ts", "other/b.ts"], "functions/a/index.js"],
	[["functions/a/x.test.mts", "functions/ab/x.ts"], "a/x.test.js"],
	[["a.tsx", "b.ts"], "a.js"],
	[["a #1/50%25 (why?).ts", "b.ts"], "a%20%231/50%2525%20(why%3F).js"],
	[['ü`{<\\>}"^[x].ts', "b.ts"], "%C3%BC%60%7B%3C%5C%3E%7D%22^[x].js"],
	[["c:d/e.ts", "b.ts"], "c:d/e.js"],
])("the bundle of the first of %j is %s", (entries, output) => {
	expect(outputOf(entries[0] ?? "", entries)).toBe(output);
});
