/** The web console as the build makes it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/root.ts";

const SIZE_MAX = 150 * 1024;

interface Bundled {
	readonly files: readonly (readonly [string, string])[];
	readonly inputs: readonly string[];
}

let bundled: Bundled;
beforeAll(async () => {
	const { bundleConsole }: { bundleConsole: (with_: typeof esbuild) => Promise<Bundled> } = await import(
		join(ROOT, "scripts/bundle/console.mjs")
	);
	bundled = await bundleConsole(esbuild);
});

const page = () => bundled.files.find(([path]) => path.endsWith("index.html"))?.[1] ?? "";

describe("the built console", () => {
	test("is a page, a script and a style sheet, which it names by their contents", () => {
		const [script, style, last] = bundled.files.map(([path]) => path);
		expect(script).toMatch(/^console\/console-[0-9a-f]{12}\.js$/);
		expect(style).toMatch(/^console\/console-[0-9a-f]{12}\.css$/);
		expect(last).toBe("console/index.html");
		for (const path of [script, style]) expect(page()).toContain(`"${path?.slice("console/".length)}"`);
	});

	test("has no script or style in the page, and no address of another host", () => {
		expect(page()).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=|https?:/i);
		for (const [, text] of bundled.files) expect(text).not.toMatch(/url\(["']?(https?:)?\/\//);
	});

	test(`takes at most ${SIZE_MAX / 1024} KiB of network, gzipped`, () => {
		const bytes = bundled.files.reduce((sum, [, text]) => sum + gzipSync(text, { level: 9 }).length, 0);
		expect(bytes).toBeLessThan(SIZE_MAX);
	});

	test("contains no validator of messages and no code for Node", () => {
		const foreign = bundled.inputs.filter(
			(path) => !/^(src\/console|node_modules\/(preact|uplot))\//.test(path),
		);
		expect(foreign.sort()).toEqual(["src/printable.ts", "src/protocol/routes.ts"]);
	});

	test("comes with the licences of its packages", () => {
		const licences = readFileSync(join(ROOT, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
		expect(licences).toMatch(/^preact \d/m);
		expect(licences).toMatch(/^uplot \d/m);
	});
});

test("every command that the console tells a reader to run exists", () => {
	const { commands } = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8"));
	const known = Object.keys(commands).map((id) => id.replaceAll(":", " "));
	const sources = readdirSync(join(ROOT, "src/console"), { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".tsx"))
		.map((path) => readFileSync(join(ROOT, "src/console", path), "utf8"));
	const named = sources.flatMap((text) => [...text.matchAll(/<Command line=\{?["`]coffer ([a-z ]+[a-z])/g)]);
	const words = named.map(([, name = ""]) => name);
	expect(words.length).toBeGreaterThan(10);
	expect(words.filter((name) => !known.includes(name))).toEqual([]);
});
