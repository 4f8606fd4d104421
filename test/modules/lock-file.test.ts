import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { cleanLock, lockedVersions } from "../../src/modules/lock-file.ts";

const lib = (dependencies: unknown) => ({
	integrity: "sha512-A",
	tarball: "https://evil.example/a.tgz",
	dependencies,
});

/** By version, a lock of `ms@2`, of `@acme/lib@1`, which belongs to the project, and of a package that needs `own`. */
const LOCKS: Readonly<Record<string, Record<string, unknown>>> = {
	2: {
		npm: {
			specifiers: { "ms@2": "ms@2.1.3", "@acme/lib@1": "@acme/lib@1.0.0" },
			packages: { "ms@2.1.3": lib({ o: "own@3.0.0" }), "@acme/lib@1.0.0": lib({}), "own@3.0.0": lib({}) },
		},
		remote: {},
	},
	3: {
		packages: {
			specifiers: { "npm:ms@2": "npm:ms@2.1.3", "npm:@acme/lib@1": "npm:@acme/lib@1.0.0" },
			npm: { "ms@2.1.3": lib({ o: "own@3.0.0" }), "@acme/lib@1.0.0": lib({}), "own@3.0.0": lib({}) },
		},
		redirects: { "https://a.example/x.ts": "https://evil.example/x.ts" },
	},
	...Object.fromEntries(
		["4", "5"].map((version) => [
			version,
			{
				specifiers: { "npm:ms@2": "2.1.3", "npm:@acme/lib@1": "1.0.0" },
				npm: { "ms@2.1.3": lib(["own@3.0.0"]), "@acme/lib@1.0.0": lib([]), "own@3.0.0": lib([]) },
				redirects: { "https://a.example/x.ts": "https://evil.example/x.ts" },
			},
		]),
	),
};

const bytesOf = (version: unknown, content: object) => utf8(JSON.stringify({ version, ...content }));
const clean = (bytes: Uint8Array) =>
	cleanLock("a/deno.lock", bytes, (name) => ["@acme/lib", "own"].includes(name));

describe.each(Object.entries(LOCKS))("a deno.lock of version %s", (version, content) => {
	test("contains the version of each requirement", () => {
		expect(Object.fromEntries(lockedVersions(bytesOf(version, content)))).toEqual({
			"npm:ms@2": "2.1.3",
			"npm:@acme/lib@1": "1.0.0",
		});
	});

	test("is kept without redirects, archives and the project's own packages, unless a package needs that name", () => {
		const text = clean(bytesOf(version, content)) ?? "";
		expect(text).not.toMatch(/evil|acme|redirects/);
		expect(text).toContain("ms@2.1.3");
		expect(text).toContain('"own@3.0.0":{"integrity"');
		expect(Object.fromEntries(lockedVersions(utf8(text)))).toEqual({ "npm:ms@2": "2.1.3" });
	});
});

test.each(["6", 4, null])("a deno.lock of version %j is refused with its path and version", (version) => {
	expect(() => clean(bytesOf(version, {}))).toThrow(
		`a/deno.lock has the version ${JSON.stringify(version)}, and`,
	);
});

test("a deno.lock without a version counts as version 1, and locks no packages", () => {
	expect(clean(utf8('{ "https://a.example/x.ts": "hash" }'))).toBeUndefined();
	expect(clean(utf8(""))).toBeUndefined();
});

test.each([
	["a conflict of git", '{\n\t"version": "5",\n<<<<<<< ours\n}\n', 3],
	["a list", "\n[]", 2],
	["half of a file", '{\n\t"version": "5",\n\t"npm": {\n', 4],
])("a deno.lock with %s is refused by its path and line", (_, text, line) => {
	expect(() => clean(utf8(text))).toThrow(
		`a/deno.lock:${line} is not a JSON object. Correct it, or delete it`,
	);
});
