/**
 * Schemas of the installed zod, which parse the environment: what the analysis finds, and what Deno says that they read.
 * If a new version of zod is not recognised, run `scripts/record/zod-statements.mjs`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { type AnalysisInput, analyzeReferences } from "../../src/references/analyze.ts";
import { ROOT } from "../support/root.ts";
import { type Run, runAll } from "../torture/references/run.ts";

const CLASSIC = 'import * as z from "zod"; ';
const SHAPE = "{ K_1: z.string(), K_2: z.coerce.number().optional() }";

/** Programs whose names are found, and the names. */
const FOUND: readonly (readonly [label: string, code: string, names: string])[] = [
	["version 4", `${CLASSIC}z.object(${SHAPE}).safeParse(process.env);`, "K_1 K_2"],
	["version 3", `import { z } from "zod/v3"; z.object(${SHAPE}).safeParse(process.env);`, "K_1 K_2"],
	[
		"mini",
		'import * as z from "zod/mini"; const s = z.object({ K_1: z.string(), K_2: z.optional(z.string()) }); z.parse(s, process.env); s.safeParse(process.env);',
		"K_1 K_2",
	],
	[
		"mini's functions",
		'import * as z from "zod/mini"; z.safeParse(z.extend(z.partial(z.object({ K_1: z.string() })), { K_2: z.string() }), process.env);',
		"K_1 K_2",
	],
	["the named import", `import { z } from "zod"; z.object(${SHAPE}).parse(Deno.env.toObject());`, "K_1 K_2"],
	[
		"functions of the module",
		'import { object, safeParse, string } from "zod"; safeParse(object({ K_3: string() }), process.env);',
		"K_3",
	],
	[
		"a schema of two helpers",
		`${CLASSIC}const load = (shape) => z.object(shape).parse(process.env); const one = load({ K_1: z.string() }); const two = load({ K_2: z.string() });`,
		"K_1 K_2",
	],
	[
		"schemas made of others",
		`${CLASSIC}const base = z.object({ K_1: z.string() }); base.extend({ K_2: z.string() }).merge(z.object({ K_3: z.string() })).partial().describe("d").refine((v) => v.K_1).safeParse(process.env);`,
		"K_1 K_2 K_3",
	],
	[
		"shapes made of others",
		`${CLASSIC}const base = z.object({ K_1: z.string() }); z.object({ ...base.shape, get K_2() { return z.string(); }, ["K_" + 3]: z.string() }).safeParse(process.env);`,
		"K_1 K_2 K_3",
	],
	[
		"a loop over the keys",
		`${CLASSIC}const s = z.object({ K_1: z.string() }); for (const key of Object.keys(s.shape)) Deno.env.get(key);`,
		"K_1",
	],
	[
		"a promise",
		`${CLASSIC}export default async () => { await z.object({ K_1: z.string() }).transform((v) => v).safeParseAsync(process.env); };`,
		"K_1",
	],
	[
		"a field with an own function",
		`${CLASSIC}z.object({ K_1: z.string().refine((v) => Deno.env.get("K_2")) }).safeParse(process.env);`,
		"K_1 K_2",
	],
	[
		"a schema whose parser the code replaces",
		`${CLASSIC}const s = z.object({ K_1: z.string() }); s.safeParse = (env) => env.K_6; s.safeParse(process.env);`,
		"K_1 K_6",
	],
];

/** Programs that may read more than the keys of a schema. */
const DYNAMIC: readonly (readonly [label: string, code: string])[] = [
	["a strict schema", `z.strictObject(${SHAPE}).safeParse(process.env);`],
	["a schema made strict", `z.object(${SHAPE}).strict().safeParse(process.env);`],
	["a loose schema", `z.looseObject(${SHAPE}).safeParse(process.env);`],
	["a schema that passes keys through", `z.object(${SHAPE}).passthrough().safeParse(process.env);`],
	["a schema for other keys", `z.object(${SHAPE}).catchall(z.string()).safeParse(process.env);`],
	["a record", "z.record(z.string(), z.string()).safeParse(process.env);"],
	["an intersection", `z.object(${SHAPE}).and(z.looseObject({})).safeParse(process.env);`],
	[
		"a function before the schema",
		`z.preprocess((env) => ({ K_1: env.K_3 }), z.object(${SHAPE})).safeParse(process.env);`,
	],
	["no schema for undefined", "z.unknown().transform((env) => env.K_4).safeParse(process.env);"],
	[
		"a message of a schema",
		`z.object(${SHAPE}, { error: (issue) => issue.input.K_4 }).safeParse(process.env);`,
	],
	[
		"a message of a call",
		`z.object(${SHAPE}).safeParse(process.env, { error: (issue) => issue.input.K_4 });`,
	],
	[
		"a message of all schemas",
		`z.config({ customError: (issue) => issue.input?.K_4 }); z.object(${SHAPE}).safeParse(process.env);`,
	],
	[
		"a field of the own code",
		'z.object({ K_1: { _zod: { def: {}, run: (payload) => (Deno.env.get("K_5"), payload) } } }).safeParse(process.env);',
	],
	["a key that is not known", "z.object({ [globalThis.query]: z.string() }).safeParse(process.env);"],
	["a shape that is not known", "z.object(JSON.parse(globalThis.query ?? 1)).safeParse(process.env);"],
	["a spread", `z.object(...[${SHAPE}]).safeParse(process.env);`],
	[
		"a schema that a package may change",
		`const s = z.object(${SHAPE}); z.globalRegistry.add(s, {}); s.safeParse(process.env);`,
	],
	[
		"a schema whose parts the code has",
		`const s = z.object(${SHAPE}); s.def.catchall = z.string(); s.safeParse(process.env);`,
	],
	[
		"a schema that the code mixes with others",
		`const s = Math.random() < 2 ? z.looseObject({}) : z.object(${SHAPE}); s.safeParse(process.env);`,
	],
];

const codes = [...FOUND.map(([, code]) => code), ...DYNAMIC.map(([, code]) => CLASSIC + code)];
let folder: string;
let inputs: AnalysisInput[];
let runs: Run[];

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-schemas-"));
	inputs = await Promise.all(codes.map((contents) => bundle(contents)));
	const files = inputs.map(({ code }, index) => {
		const file = join(folder, `${index}.mjs`);
		writeFileSync(file, code);
		return file;
	});
	runs = await runAll(files, folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bundle(contents: string): Promise<AnalysisInput> {
	const { outputFiles } = await build({
		stdin: { contents, resolveDir: ROOT, sourcefile: "function.js" },
		bundle: true,
		format: "esm",
		platform: "neutral",
		target: "esnext",
		mainFields: ["module", "main"],
		conditions: ["deno", "node"],
		sourcemap: "external",
		sourcesContent: false,
		outfile: join(ROOT, "bundle.js"),
		write: false,
		logLevel: "silent",
	});
	const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
	return { code: textOf(".js"), sourceMap: textOf(".map") };
}

function namesIn(input: AnalysisInput) {
	const { references, dynamic } = analyzeReferences(input);
	return { names: [...new Set(references.map(({ name }) => name))], isDynamic: dynamic.length > 0 };
}

describe("a schema of zod reads the keys of its shape", () => {
	test.each(FOUND.map(([label, , names], index) => ({ label, names, index })))(
		"$label",
		({ names, index }) => {
			const found = namesIn(inputs[index] as AnalysisInput);
			expect(found).toEqual({ names: names.split(" "), isDynamic: false });
			const { readNames } = runs[index] as Run;
			// Version 3 looks whether it parses a promise: it reads `then`.
			expect([...readNames].filter((name) => name !== "then" && !found.names.includes(name))).toEqual([]);
		},
	);
});

describe("what may read more is dynamic", () => {
	test.each(DYNAMIC.map(([label], index) => ({ label, index: FOUND.length + index })))(
		"$label",
		({ index }) => {
			expect(namesIn(inputs[index] as AnalysisInput).isDynamic).toBe(true);
		},
	);
});

test("code of zod that was changed is not recognised", () => {
	const [input] = inputs as [AnalysisInput];
	const { code } = input;
	const changed = code.replace("const shape = value.shape;", "const shape = value.more;  ");
	expect(changed).not.toBe(code);
	expect(namesIn({ ...input, code: changed }).isDynamic).toBe(true);
});

test("the bundles of Deno, which print the code in another way, are recognised", async () => {
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { zod: "*" } }));
	writeFileSync(join(folder, "function.ts"), FOUND[0]?.[1] ?? "");
	const flags = ["--quiet", "--node-modules-dir=manual", "--sourcemap=external", "-o", "function.js"];
	execFileSync(await findDeno(), ["bundle", ...flags, "function.ts"], { cwd: folder });
	const textOf = (file: string) => readFileSync(join(folder, file), "utf8");
	const found = namesIn({ code: textOf("function.js"), sourceMap: textOf("function.js.map") });
	expect(found).toEqual({ names: ["K_1", "K_2"], isDynamic: false });
});
