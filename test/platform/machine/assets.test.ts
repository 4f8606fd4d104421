import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { hostPath } from "../../../src/platform/machine/assets.ts";

test("a text that builds use is found in the sources of a checkout", () => {
	const path = hostPath("std-http.ts");
	expect(path).toMatch(/src\/platform\/runtime\/host\/std-http\.ts$/);
	expect(existsSync(path)).toBe(true);
});
