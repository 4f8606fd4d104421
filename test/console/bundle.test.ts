/** The size of the console as a browser gets it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

/** Also on a slow network, the console should be there within a second. */
const BYTES_MAX = 150_000;

test("all files of the console have at most 150 KB together, compressed with gzip", () => {
	const folder = join(import.meta.dirname, "../../dist/console");
	const names = readdirSync(folder);
	expect(names.some((name) => name.endsWith(".js"))).toBe(true);
	const sizes = names.map((name) => gzipSync(readFileSync(join(folder, name))).length);
	expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BYTES_MAX);
});
