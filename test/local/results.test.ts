/** Results that a run caches for later runs. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { analyzeEntries, type LocalFunction } from "../../src/local/analyze.ts";
import { entriesOf } from "../../src/local/entries.ts";

let root: string;
let cache: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-results-"));
	cache = join(root, "cache", "coffer", "references");
	write("deno.json", '{"imports": {"keys": "./keys.ts"}}');
	write("keys.ts", 'export const key = "FIRST";\n');
	write("ask.ts", 'import { key } from "keys";\nDeno.env.get(key);\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string) => writeFileSync(join(root, path), text);
const files = () => readdirSync(cache);
const cachedText = () => readFileSync(join(cache, files()[0] ?? ""), "utf8");

async function analyze(file = "ask.ts"): Promise<LocalFunction | undefined> {
	mkdirSync(join(root, ".git"), { recursive: true });
	const environment = { XDG_CACHE_HOME: join(root, "cache") };
	const deno = { explicit: join(root, "no-deno"), searchPath: undefined };
	const { signal } = new AbortController();
	const [found] = await analyzeEntries(entriesOf([file], root), { deno, environment, signal });
	return found;
}

/** Changes the texts of all cached results. */
function damageCache(damage: (text: string) => string) {
	for (const name of files())
		writeFileSync(join(cache, name), damage(readFileSync(join(cache, name), "utf8")));
}

const namesOf = (found: LocalFunction | undefined) => found?.references.map(({ name }) => name);

test("a function that is unchanged has its earlier result, which is stored once", async () => {
	const first = await analyze();
	const text = cachedText();
	expect(await analyze()).toEqual(first);
	expect(namesOf(first)).toEqual(["FIRST"]);
	expect(files()).toHaveLength(1);
	expect(cachedText()).toBe(text);
});

describe("a function is analysed again after a change of", () => {
	test.each([
		["a module that it imports", () => write("keys.ts", 'export const key = "SECOND";\n'), ["SECOND"]],
		[
			"the import map",
			() => {
				write("other.ts", 'export const key = "SECOND";\n');
				write("deno.json", '{"imports": {"keys": "./other.ts"}}');
			},
			["SECOND"],
		],
		["its entry", () => write("ask.ts", 'Deno.env.get("SECOND");\n'), ["SECOND"]],
		["the existence of a module", () => rmSync(join(root, "keys.ts")), []],
	])("%s", async (_, change, names) => {
		await analyze();
		change();
		expect(namesOf(await analyze())).toEqual(names);
	});
});

test("a damaged or truncated result is not used, and is replaced", async () => {
	await analyze();
	const good = cachedText();
	for (const damage of [
		(text: string) => text.replace("FIRST", "FALSE"),
		(text: string) => text.slice(0, 70),
		() => "",
		() => '{"references": "none"}',
	]) {
		damageCache(damage);
		expect(namesOf(await analyze())).toEqual(["FIRST"]);
		expect(cachedText()).toBe(good);
	}
});

test("a result under the name of another function's result is not used", async () => {
	await analyze();
	write("more.ts", 'Deno.env.get("OTHER");\n');
	const [first] = files();
	await analyze("more.ts");
	const [second = ""] = files().filter((name) => name !== first);
	writeFileSync(join(cache, second), readFileSync(join(cache, first ?? ""), "utf8"));
	expect(namesOf(await analyze("more.ts"))).toEqual(["OTHER"]);
});

test("only the user can read the results", async () => {
	await analyze();
	expect(statSync(cache).mode & 0o777).toBe(0o700);
	expect(statSync(join(cache, files()[0] ?? "")).mode & 0o777).toBe(0o600);
});

test("a cache folder that cannot be used is no error", async () => {
	mkdirSync(join(root, "cache"));
	writeFileSync(join(root, "cache", "coffer"), "");
	expect(namesOf(await analyze())).toEqual(["FIRST"]);
});
