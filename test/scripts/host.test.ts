/** The host as the build makes it: few files, and one instance of what they share. */
import * as esbuild from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { bundleHost } from "../../scripts/bundle/host.mjs";

let files: ReadonlyMap<string, string>;
beforeAll(async () => {
	files = new Map(await bundleHost(esbuild));
});

/** The files that a module imports when it is loaded. */
function importsOf(path: string): string[] {
	const code = files.get(path) ?? "";
	const specifiers = [...code.matchAll(/(?:from|^import) "(\.[^"]+)"/gm)];
	return specifiers.map(([, specifier = ""]) => new URL(specifier, `http://x/${path}`).pathname.slice(1));
}

function loadedBy(path: string, loaded = new Set<string>()): Set<string> {
	if (loaded.has(path)) return loaded;
	loaded.add(path);
	for (const imported of importsOf(path)) loadedBy(imported, loaded);
	return loaded;
}

describe("the built host", () => {
	test("loads at most five files of JavaScript at the start of a function", () => {
		const loaded = [...loadedBy("host/main.js")];
		expect(loaded.every((path) => files.has(path))).toBe(true);
		expect(loaded.length).toBeGreaterThan(1);
		expect(loaded.length).toBeLessThanOrEqual(5);
		expect(loaded.filter((path) => path.endsWith(".ts"))).toEqual([]);
	});

	test("keeps what its modules share in one file, which functions may read", () => {
		const holders = [...files].filter(([, code]) => code.includes("new ServerSlot()"));
		expect(holders.map(([path]) => path)).toEqual([expect.stringMatching(/^host\/node\/chunk-/)]);
		const [[holder = ""] = []] = holders;
		for (const path of ["host/main.js", "host/node/http.js", "host/node/net.js", "host/node/module.js"])
			expect(loadedBy(path)).toContain(holder);
	});

	test("has each module that its import map names", () => {
		const { imports } = JSON.parse(files.get("host/node/import-map.json") ?? "{}");
		const paths = Object.values<string>(imports);
		expect(paths).toHaveLength(9);
		for (const path of paths)
			expect(files.has(new URL(path, "http://x/host/node/").pathname.slice(1))).toBe(true);
	});
});
