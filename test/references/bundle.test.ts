import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { alignedMap } from "../../src/references/bundle/line-shift.ts";
import { Positions } from "../../src/references/bundle/positions.ts";
import type { References } from "../../src/references/evidence/reference.ts";

const run = promisify(execFile);
let folder: string;

const SHARED = `/** What every function shares. */
export enum Key {
	Stripe = "STRIPE_KEY",
	Unused = "UNUSED_KEY",
}

interface Options {
	fallback?: string;
}

export function must(name: string, options: Options = {}): string {
	const value = Deno.env.get(name) ?? options.fallback;
	if (value === undefined) throw new Error(\`missing \${name}\`);
	return value;
}

export function region(): string | undefined {
	return Deno.env.get("REGION");
}

export function unused(): string | undefined {
	return Deno.env.get("UNUSED");
}

export class Mail {
	static readonly keys = ["MAIL_USER", "MAIL_PASSWORD"] as const;
	readonly from = must("MAIL_FROM");
	check(): boolean {
		return Mail.keys.every((key) => Deno.env.has(key));
	}
}
`;

const FILES: Record<string, string> = {
	"shared/env.ts": SHARED,
	"shared/lazy.ts": `export const token = () => Deno.env.get("LAZY_TOKEN");\n`,
	"functions/pay/index.ts": `import { Key, must } from "../../shared/env.ts";

type Body = { amount: number };

Deno.serve(async (request: Request) => {
	const body = (await request.json()) as Body;
	const key = must(Key.Stripe, {
		fallback: "none",
	});
	return Response.json({ amount: body.amount, signed: key.length, id: must("ACCOUNT") });
});
`,
	"functions/mail/index.ts": `import { Mail, region } from "../../shared/env.ts";

export default async () => {
	const { token } = await import("../../shared/lazy.ts");
	return new Response(String(new Mail().check()) + region() + token());
};
`,
	"functions/rows/index.ts": `import { must } from "../../shared/env.ts";

Deno.serve(async (request) => {
	const { name } = await request.json();

	return new Response(must(name));
});
`,
	"functions/log/index.ts": `import debug from "npm:debug@4.4.3";
import process from "node:process";
import { must } from "../../shared/env.ts";

const log = debug("log");

Deno.serve(() => {
	log("called");
	return new Response(must("LOG_KEY") + process.env.HOST_NAME);
});
`,
	"functions/alone/index.ts": `import debug from "npm:debug@4.4.3";
import { readFile } from "node:fs/promises";
const { ALONE_KEY } = process.env;
export default () => new Response(debug.names + ALONE_KEY + readFile);
`,
	"functions/runtime/index.ts": `import { secrets } from "base44:runtime";

export default () => new Response(secrets.get("RUNTIME_SECRET") + String(secrets.has("OTHER_SECRET")));
`,
};

async function bundle(name: string, ...flags: string[]): Promise<{ code: string; sourceMap: string }> {
	const output = join(folder, "out", `${name}.js`);
	const source = join("functions", name, "index.ts");
	await run(await findDeno(), ["bundle", "--quiet", "--sourcemap=external", ...flags, "-o", output, source], {
		cwd: folder,
	});
	return { code: await readFile(output, "utf8"), sourceMap: await readFile(`${output}.map`, "utf8") };
}

async function analyze(name: string, ...flags: string[]): Promise<References> {
	return analyzeReferences({
		...(await bundle(name, ...flags)),
		sourcePath: (path) =>
			path.replace(/^(\.\.\/)+/, "").replace(/^.*\/npm\/[^/]+\/([^/]+)\/([^/]+)\//, "npm:$1@$2/"),
	});
}

/** Each reference as `NAME file:line`. */
function lines({ references }: References): string[] {
	return references.map(({ name, file, line }) => `${name} ${file}:${line}`);
}

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "coffer-references-"));
	for (const [path, text] of Object.entries(FILES)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), text);
	}
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("bundles of deno bundle", () => {
	test("a shared helper counts at its call, and unused code does not count", async () => {
		const found = await analyze("pay");
		expect(lines(found)).toEqual([
			"ACCOUNT functions/pay/index.ts:10",
			"STRIPE_KEY functions/pay/index.ts:7",
		]);
		expect(found.dynamic).toEqual([]);
	});

	test("classes, lists and dynamically imported modules keep their own file and line", async () => {
		const found = await analyze("mail");
		expect(lines(found)).toEqual([
			"LAZY_TOKEN shared/lazy.ts:1",
			"MAIL_FROM shared/env.ts:27",
			"MAIL_PASSWORD shared/env.ts:29",
			"MAIL_USER shared/env.ts:29",
			"REGION shared/env.ts:18",
		]);
		expect(found.dynamic).toEqual([]);
	});

	test("a name from a request is dynamic at the call that passes it", async () => {
		const found = await analyze("rows");
		expect(found.references).toEqual([]);
		expect(found.dynamic).toEqual([
			{ file: "functions/rows/index.ts", line: 6, why: "the name is the result of a call" },
		]);
	});

	test("reads in a dependency count, its enumeration does not, and later lines stay right", async () => {
		const found = await analyze("log");
		expect(lines(found)).toEqual([
			"DEBUG npm:debug@4.4.3/src/browser.js:194",
			"DEBUG npm:debug@4.4.3/src/node.js:188",
			"HOST_NAME functions/log/index.ts:9",
			"LOG_KEY functions/log/index.ts:9",
		]);
		expect(found.dynamic).toEqual([]);
	});

	test("lines stay right in the only module beside those of CommonJS, also for programs that read the map", async () => {
		expect(lines(await analyze("alone"))).toContain("ALONE_KEY functions/alone/index.ts:3");
		const { code, sourceMap } = await bundle("alone");
		const aligned = alignedMap(code, sourceMap);
		// Without the name of the helper, the map is taken as it is, as V8 takes it.
		const plain = code.replaceAll("__deno_internal_createRequire", "create");
		const at = (text: string) => new Positions(plain, aligned).at(plain.lastIndexOf(text)).line;
		expect([at("ALONE_KEY }"), at("new Response")]).toEqual([3, 4]);
	});

	test("secrets of base44:runtime are found although the module is not in the bundle", async () => {
		const found = await analyze("runtime", "--external", "base44:runtime");
		expect(lines(found)).toEqual([
			"OTHER_SECRET functions/runtime/index.ts:3",
			"RUNTIME_SECRET functions/runtime/index.ts:3",
		]);
	});
});
