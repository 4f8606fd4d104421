/** The local analysis of a project's sources has the same result as the platform's analysis of its bundles. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { analyzeEntries, type LocalFunction } from "../../src/local/analyze.ts";
import { projectEntries } from "../../src/local/entries.ts";
import type { Builder } from "../../src/platform/build/bundle.ts";
import { mergeReferences } from "../../src/platform/service/declarations.ts";
import { collectSources } from "../../src/project/functions/collect.ts";
import { discoverFunctions } from "../../src/project/functions/discover.ts";
import { packageOf } from "../../src/references/evidence/package.ts";
import type { Reference } from "../../src/references/evidence/reference.ts";
import { makeBuildFolders, prepare, testBuilder } from "../platform/build/builder.ts";

const FILES: Readonly<Record<string, string>> = {
	"deno.json": `{
		// A comment, and a trailing comma.
		"imports": { "openai": "npm:openai@4.20.0", "@/": "./shared/", "https://esm.sh/": "npm:/", },
	}`,
	"shared/env.ts": `export enum Key { Stripe = "STRIPE_KEY" }
export const must = (name: string): string => Deno.env.get(name) ?? "";
export const unused = () => must("UNUSED");
export type Row = { id: string };
`,
	"shared/table.json": '{"mail": "MAIL_KEY", "sms": "SMS_KEY"}',
	"functions/pay/index.ts": `import { Key, must, type Row } from "@/env.ts";
import table from "../../shared/table.json" with { type: "json" };
Deno.serve(() => Response.json([must(Key.Stripe), must(table.mail)] satisfies unknown as Row));
`,
	"functions/ask.ts": `import OpenAI from "openai";
Deno.serve(async () => Response.json(await new OpenAI().models.list()));
`,
	"functions/any/main.ts": `Deno.serve(async (request) => {
	const { name } = await request.json();
	return new Response(Deno.env.get(name));
});
`,
	"functions/old/entry.js": `import { serve } from "https://deno.land/std@0.168.0/http/server.ts";
serve(() => new Response(process.env.OLD_KEY));
`,
	"functions/mode.ts": `import React from "https://esm.sh/react@19.1.0";
const key = process.env.NODE_ENV === "production" ? Deno.env.get("LIVE_KEY") : Deno.env.get("TEST_KEY");
Deno.serve(() => new Response(React.version + key));
`,
	// The first package has a folder with a package.json, the second tries to load a package that is not there.
	"functions/parts.ts": `import { ReadableStream } from "npm:web-streams-polyfill@3.3.3/ponyfill/es2018";
import canonize from "npm:rdf-canonize@3.4.0";
Deno.serve(() => Response.json([typeof ReadableStream, typeof canonize.canonize, Deno.env.get("PARTS_KEY")]));
`,
	"functions/work/index.ts": `const worker = new Worker(new URL("../../shared/the worker.ts", import.meta.url), { type: "module" });
Deno.serve(() => {
	worker.postMessage(Deno.env.get("OUTSIDE_KEY"));
	return new Response("sent");
});
`,
	"shared/the worker.ts": `import { must } from "./env.ts";
addEventListener("message", () => must("INSIDE_KEY"));
`,
	"functions/view/function.jsonc": '{ "entry": "./page.tsx" }',
	"functions/view/page.tsx": `/** @jsxRuntime classic */
const h = (name: string) => Deno.env.get(name);
async function late() {
	const { lazy } = await import("./late.ts");
	return lazy();
}
export default { fetch: async () => new Response(\`\${h("VIEW_KEY")} \${await late()}\`) };
`,
	"functions/view/late.ts": 'export const lazy = () => Deno.env.get("LATE_KEY");\n',
};

const place = makeBuildFolders();
const project = mkdtempSync(join(tmpdir(), "coffer-local-"));
let builder: Builder;
let here: LocalFunction[];

beforeAll(async () => {
	for (const [path, text] of Object.entries(FILES)) {
		mkdirSync(dirname(join(project, path)), { recursive: true });
		writeFileSync(join(project, path), text);
	}
	builder = await testBuilder(place);
	const { root, entries } = await projectEntries(project, []);
	const environment = Object.fromEntries(
		Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
	);
	const { signal } = new AbortController();
	here = await analyzeEntries(entries, { root, deno: {}, environment, signal });
}, 240_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

test.each(["pay", "ask", "any", "old", "mode", "parts", "view", "work"])(
	"%s",
	{ timeout: 240_000 },
	async (name) => {
		const functions = (await discoverFunctions(project)).filter((one) => one.name === name);
		const entry = functions[0]?.entry ?? "";
		const prepared = await prepare(builder, await collectSources(project, functions), entry);
		const workers = prepared.workers.map((module) => ({ ...prepared, entry: module, isWorker: true }));
		const platform = mergeReferences(
			await Promise.all([prepared, ...workers].map((one) => builder.build(one))),
		);
		const found = here.find((one) => one.function === name);
		expect(comparable(found?.references ?? [])).toEqual(comparable(platform.references));
		expect(found?.dynamicAccesses).toEqual(platform.dynamic);
		expect([found?.error, found?.warnings]).toEqual([undefined, []]);
		expect(platform.references.length + platform.dynamic.length).toBeGreaterThan(0);
	},
);

/**
 * Lines inside packages are left out, because the platform takes them from a source map that `deno bundle`
 * shifts. The references are sorted by name, because a worker is a separate bundle on the platform and a part
 * of the bundle here.
 */
function comparable(references: readonly Reference[]) {
	return references
		.map(({ name, file, line, how }) => ({ name, file, how, line: file.startsWith("npm:") ? 0 : line }))
		.sort((a, b) => `${a.name} ${a.file}`.localeCompare(`${b.name} ${b.file}`) || a.line - b.line);
}

test("references in a package are marked as the package's own", () => {
	const all = here.flatMap(({ references }) => references);
	const marked = all.filter(({ file }) => packageOf(file) !== undefined);
	const key = marked.find(({ name }) => name === "OPENAI_API_KEY");
	expect(packageOf(key?.file ?? "")).toBe("npm:openai@4.20.0");
	expect(marked.every(({ file }) => file.startsWith("npm:"))).toBe(true);
});
