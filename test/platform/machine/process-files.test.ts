/** What the system says of a process, and long lists that do not hold up other work. */
import { setImmediate } from "node:timers";
import { expect, test } from "vitest";
import { inTurns } from "../../../src/platform/machine/in-turns.ts";
import { readProcessFile } from "../../../src/platform/machine/process-files.ts";
import { residentBytes } from "../../../src/platform/runtime/process/memory-watch.ts";

test("the files of a process are read whole, and are empty for one that has ended", () => {
	const status = readProcessFile(process.pid, "status");
	expect(status).toMatch(/^Name:\t.*\n/);
	expect(status).toMatch(/\n$/);
	expect(readProcessFile(process.pid, "io")).toMatch(/^write_bytes: \d+$/m);
	expect(readProcessFile(2 ** 30, "status")).toBe("");
	// A short text is not followed by the rest of a longer one.
	expect(readProcessFile(process.pid, "io")).not.toContain("VmRSS");
});

test("the memory of a process is reported, and undefined for one that has ended", () => {
	const bytes = residentBytes(process.pid) ?? 0;
	expect(bytes).toBeGreaterThan(10 * 1024 * 1024);
	expect(bytes).toBeLessThan(process.memoryUsage.rss() * 2);
	expect(residentBytes(2 ** 30)).toBeUndefined();
});

test("a long list is gone through in order, and other work comes between its items", async () => {
	const items = Array.from({ length: 100 }, (_, index) => index);
	const seen: number[] = [];
	let between = -1;
	setImmediate(() => {
		between = seen.length;
	});
	for await (const item of inTurns(items)) seen.push(item);
	expect(seen).toEqual(items);
	expect(between).toBe(32);
});
