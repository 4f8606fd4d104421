/** The build fails if a package that it changes does not have the version for which the changes were made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PINNED, replaceOnce, requirePinned } from "../../scripts/bundle/trimmed.mjs";
import { ROOT } from "../support/root.ts";

const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

describe("a package that the build changes", () => {
	test.each(Object.entries(PINNED))("is pinned in package.json: %s %s", (name, version) => {
		expect(devDependencies[name]).toBe(version);
	});

	test("is installed in the pinned version", () => {
		expect(() => requirePinned()).not.toThrow();
	});

	test.each(Object.keys(PINNED))("stops the build in another version: %s", (name) => {
		const versionOf = (asked: string) => (asked === name ? "99.0.0" : (PINNED[asked] ?? ""));
		expect(() => requirePinned(versionOf)).toThrow(`${name} 99.0.0 is installed`);
	});
});

describe("an expression that the build replaces", () => {
	test("is replaced if it occurs exactly once, as written", () => {
		expect(replaceOnce("a(b) + c", "a(b)", "$& d", "file.js")).toBe("$& d + c");
	});

	test.each(["c", "a(b) + a(b)"])("stops the build otherwise: %s", (source) => {
		expect(() => replaceOnce(source, "a(b)", "d", "file.js")).toThrow("file.js has a(b)");
	});
});
