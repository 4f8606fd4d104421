/**
 * The functions of the corpus, each labelled with the names that it reads. The analysis runs as for
 * `functions references --entry`. The names are also compared with those that the functions read in Deno.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyzeEntries, type LocalFunction } from "../../src/local/analyze.ts";
import { entriesOf } from "../../src/local/entries.ts";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { Matcher } from "../../src/references/evidence/name-pattern.ts";
import { type CorpusFunction, readCorpus } from "./read-corpus.ts";

const corpus = readCorpus();
let root: string;
const found = new Map<CorpusFunction, LocalFunction>();

beforeAll(async () => {
	root = mkdtempSync(join(tmpdir(), "coffer-corpus-"));
	for (const { files, folder } of corpus) {
		for (const [path, text] of files) {
			mkdirSync(dirname(join(root, folder, path)), { recursive: true });
			writeFileSync(join(root, folder, path), text);
		}
	}
	// No package is downloaded. The labels contain only names that the functions themselves read.
	const nowhere = { explicit: join(root, "no-deno"), searchPath: undefined };
	const entries = entriesOf(
		corpus.map(({ folder, entry }) => join(folder, entry)),
		root,
	);
	const { signal } = new AbortController();
	const analysed = await analyzeEntries(entries, { deno: nowhere, environment: {}, signal });
	for (const [index, one] of corpus.entries()) found.set(one, analysed[index] as LocalFunction);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const namesOf = (one: CorpusFunction) =>
	[...new Set(found.get(one)?.references.map(({ name }) => name))].sort();

test("there are at least two hundred functions, and every one is analysed", () => {
	expect(corpus.length).toBeGreaterThanOrEqual(200);
	expect([...found.values()].filter(({ error }) => error !== undefined)).toEqual([]);
});

describe.each(corpus)("$theme: $label", (one) => {
	test("reads the expected names", () => {
		const isDynamic = found.get(one)?.dynamic;
		expect({ names: namesOf(one), isDynamic }).toEqual({ names: one.names, isDynamic: one.isDynamic });
	});
});

/**
 * Names in Deno's audit log that are not reads of a secret: texts such as `undefined`, a method of Node's, a
 * deletion.
 */
const NO_READS = ["undefined", "NaN", "hasOwnProperty", "LEFTOVER"];

/**
 * Runs bundles one after the other in one process. In Deno's audit log, a read of a marker name precedes each.
 */
const RUNNER = `
const serve = Deno.serve, exit = Deno.exit;
addEventListener("unhandledrejection", (event) => event.preventDefault());
addEventListener("error", (event) => event.preventDefault());
const files = JSON.parse(Deno.readTextFileSync(Deno.args[0]));
for (const [index, file] of files.entries()) {
	Deno.env.has("corpus: " + index);
	let handler;
	Object.defineProperty(Deno, "serve", { configurable: true, value: (...args) => { handler = args.find((one) => typeof one === "function"); } });
	globalThis.fetch = async () => new Response("{}");
	try {
		const exported = (await import("file://" + file)).default;
		handler ??= typeof exported === "function" ? exported : exported?.fetch;
		const request = () => new Request("http://f.example/path?kind=a", { method: "POST", body: '{"plan":"pro","provider":"groq","region":"eu"}' });
		await handler?.(request(), {});
	} catch { /* What it read until then counts. */ }
}
exit(0);
`;

/** The functions that import no remote module, each with its bundle. */
async function runnable(): Promise<{ one: CorpusFunction; file: string }[]> {
	const out: { one: CorpusFunction; file: string }[] = [];
	for (const one of corpus) {
		const file = join(root, one.folder, "bundle.mjs");
		const entryPoints = [join(root, one.folder, one.entry)];
		const packages = "external" as const;
		const options = {
			entryPoints,
			bundle: true,
			format: "esm",
			packages,
			outfile: file,
			logLevel: "silent",
		} as const;
		const isBuilt = await build(options).then(
			() => true,
			() => false,
		);
		// A package that it imports is missing.
		const imports = isBuilt ? readFileSync(file, "utf8").matchAll(/^import .*"([^"]+)";$/gm) : [];
		if (isBuilt && [...imports].every(([, from]) => from?.startsWith("node:"))) out.push({ one, file });
	}
	return out;
}

test("the analysis finds all names that the functions ask for at run time", async () => {
	const running = await runnable();
	expect(running.length).toBeGreaterThan(150);
	const [runner, list, audit] = ["runner.mjs", "list.json", "audit.jsonl"].map((name) =>
		join(root, name),
	) as [string, string, string];
	writeFileSync(runner, RUNNER);
	writeFileSync(list, JSON.stringify(running.map(({ file }) => file)));
	const flags = [
		"run",
		"--quiet",
		"--no-prompt",
		"--no-config",
		"--no-check",
		"--allow-env",
		`--allow-read=${root}`,
	];
	const env = { DENO_AUDIT_PERMISSIONS: audit, DENO_DIR: join(root, "deno"), NO_COLOR: "1" };
	execFileSync(await findDeno(), [...flags, runner, list], {
		env,
		stdio: "ignore",
	});
	const readNames = new Map<CorpusFunction, Set<string>>();
	let names = new Set<string>();
	for (const line of readFileSync(audit, "utf8").split("\n").filter(Boolean)) {
		const { permission, value } = JSON.parse(line);
		if (permission !== "env" || typeof value !== "string") continue;
		const index = /^corpus: (\d+)$/.exec(value)?.[1];
		if (index === undefined) names.add(value);
		else {
			names = new Set();
			readNames.set((running[Number(index)] as { one: CorpusFunction }).one, names);
		}
	}
	expect(readNames.size).toBe(running.length);
	const listed = new Set([...Object.keys(env), ...NO_READS]);
	const missed = [...readNames].flatMap(([one, read]) => {
		if (one.isDynamic) return [];
		const found = new Matcher(namesOf(one));
		const unknown = [...read].filter((name) => found.exactness(name) === undefined && !listed.has(name));
		return unknown.length === 0 ? [] : [`${one.label}: ${unknown.join()}`];
	});
	expect(missed).toEqual([]);
});
