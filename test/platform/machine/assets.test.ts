import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { hostPath } from "../../../src/platform/machine/assets.ts";

test("a file that Deno runs is found in the sources of a checkout", () => {
	const path = hostPath("main.ts");
	expect(path).toMatch(/src\/platform\/runtime\/host\/main\.ts$/);
	expect(existsSync(path)).toBe(true);
});
