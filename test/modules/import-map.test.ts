import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	type ImportMap,
	normalise,
	normaliseEntries,
	resolveSpecifier,
} from "../../src/modules/import-map.ts";
import { resolvePath } from "../../src/modules/paths.ts";

function map(
	imports: Record<string, string>,
	scopes: Record<string, Record<string, string>> = {},
	directory = "",
): ImportMap {
	const inner = Object.entries(scopes).map(
		([scope, entries]) =>
			[normalise(scope, directory), normaliseEntries(Object.entries(entries), directory)] as const,
	);
	return { imports: normaliseEntries(Object.entries(imports), directory), scopes: new Map(inner) };
}

const resolve = (specifier: string, given: ImportMap = map({}), referrer = "functions/a/index.ts") => {
	const resolution = resolveSpecifier(given, specifier, referrer);
	if (resolution.kind === "local") return `local ${resolution.path}`;
	if (resolution.kind === "remote") return resolution.url.href;
	return "specifier" in resolution ? resolution.specifier : resolution.kind;
};

describe("resolveSpecifier", () => {
	test.each([
		["./b.ts", "local functions/a/b.ts"],
		["../b.ts", "local functions/b.ts"],
		["../../b.ts?q#f", "local b.ts"],
		["./%62.ts", "local functions/a/b.ts"],
		["../../../b.ts", "outside"],
		["/b.ts", "outside"],
		["file:///b.ts", "outside"],
		["fs", "node:fs"],
		["node:fs", "node:fs"],
		["node:nothing", "refused"],
		["npm:ms@2", "npm:ms@2"],
		["npm:@a/b@^1.2.3/c/d.js", "npm:@a/b@^1.2.3/c/d.js"],
		["jsr:@std/assert@1/equals", "jsr:@std/assert@1/equals"],
		["npm:../x", "refused"],
		["https://deno.land/x.ts", "https://deno.land/x.ts"],
		["https://u:p@deno.land/x.ts", "refused"],
		["http://deno.land/x.ts", "refused"],
		["data:text/javascript,1", "refused"],
		["bare", "unmapped"],
		["base44:runtime", "base44:runtime"],
		[" ./b.ts", "refused"],
		["./b\n.ts", "refused"],
		["./b\\c.ts", "refused"],
		["", "refused"],
	])("%j alone is %s", (specifier, expected) => {
		expect(resolve(specifier)).toBe(expected);
	});

	test.each<[string, ImportMap, string]>([
		["x", map({ x: "./x.ts" }), "local x.ts"],
		["x", map({ x: "../x.ts" }, {}, "maps"), "local x.ts"],
		["x/y", map({ "x/": "./lib/" }), "local lib/y"],
		["x/y", map({ "x/": "./lib/", "x/y": "./z.ts" }), "local z.ts"],
		["x/y/z", map({ "x/": "./a/", "x/y/": "./b/" }), "local b/z"],
		["x/../y", map({ "x/": "./lib/" }), "outside"],
		["x/%2e%2e/y", map({ "x/": "https://deno.land/a/" }), "outside"],
		["x", map({ x: "npm:ms@2" }), "npm:ms@2"],
		["x/sub", map({ x: "npm:ms@2" }), "npm:/ms@2/sub"],
		["x/sub", map({ x: "npm:ms@2", "x/": "./own/" }), "local own/sub"],
		["./b.ts", map({ "./functions/a/b.ts": "./c.ts" }), "local c.ts"],
		["https://deno.land/std/a.ts", map({ "https://deno.land/std/": "./vendor/" }), "local vendor/a.ts"],
		["x", map({ x: "./no.ts" }, { "./functions/": { x: "./yes.ts" } }), "local yes.ts"],
		["x", map({ x: "./yes.ts" }, { "./other/": { x: "./no.ts" } }), "local yes.ts"],
		["x", map({}, { "./functions/": { x: "./no.ts" }, "./functions/a/": { x: "./yes.ts" } }), "local yes.ts"],
		["x", map({}, { "./functions/a/index.ts": { x: "./yes.ts" } }), "local yes.ts"],
		["x", map({ x: "../../x.ts" }), "outside"],
		["x", map({ x: "file:///x.ts" }), "outside"],
		["constructor", map({}), "unmapped"],
	])("%j under a map", (specifier, given, expected) => {
		expect(resolve(specifier, given)).toBe(expected);
	});

	test("resolves paths as URLs do, and never to outside the root", () => {
		const segment = fc.constantFrom("a", "b", "..", ".", "", "%2e%2e", "%2E", "c.ts", "é", "%41");
		fc.assert(
			fc.property(
				fc.array(segment, { maxLength: 10 }),
				fc.array(fc.constantFrom("x", "y"), { maxLength: 4 }),
				(parts, above) => {
					const reference = `./${parts.join("/")}`;
					const path = resolvePath(above.join("/"), reference);
					const roomy = "r/".repeat(12);
					const base = `file:///${roomy}${above.map((name) => `${name}/`).join("")}`;
					const url = decodeURIComponent(new URL(reference, base).pathname).replace(/\/{2,}/g, "/");
					if (path !== undefined) expect(`/${roomy}${path}`.replace(/\/$/, "")).toBe(url.replace(/\/$/, ""));
					else
						expect(parts.filter((part) => /^(\.\.|%2e%2e)$/i.test(part)).length).toBeGreaterThan(
							above.length,
						);
				},
			),
			{ numRuns: 3000 },
		);
	});
});
