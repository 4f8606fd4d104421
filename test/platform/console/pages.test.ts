/** The files of the web console as a browser gets them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsolePages } from "../../../src/platform/console/pages.ts";

let directory: string;
beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "coffer-pages-"));
	writeFileSync(join(directory, "index.html"), "<!doctype html>");
	writeFileSync(join(directory, "console-0123456789ab.js"), "main();");
	writeFileSync(join(directory, "..", "coffer-outside.txt"), "outside");
});
afterAll(() => {
	rmSync(directory, { recursive: true });
	rmSync(join(directory, "..", "coffer-outside.txt"));
});

const ask = (pages: ConsolePages, path: string, headers = {}) =>
	pages.answer(new Request(`http://127.0.0.1:8081${path}`, { headers }));

test("the page is not kept, its files are, and neither loads anything from elsewhere or runs in a frame", async () => {
	const pages = new ConsolePages(directory);
	const page = await ask(pages, "/console/");
	expect(await page?.text()).toBe("<!doctype html>");
	expect(page?.headers.get("content-type")).toBe("text/html; charset=utf-8");
	expect(page?.headers.get("cache-control")).toBe("no-store");
	const policy = page?.headers.get("content-security-policy") ?? "";
	expect(policy).toContain("default-src 'none'");
	expect(policy).toContain("frame-ancestors 'none'");
	expect(policy).not.toMatch(/unsafe|\*|https?:/);
	const script = await ask(pages, "/console/console-0123456789ab.js", { "accept-encoding": "gzip, br" });
	expect(script?.headers.get("cache-control")).toContain("immutable");
	expect(script?.headers.get("content-encoding")).toBe("br");
	expect(brotliDecompressSync(Buffer.from((await script?.arrayBuffer()) as ArrayBuffer)).toString()).toBe(
		"main();",
	);
});

test("the address without a slash leads to the one with it", async () => {
	const moved = await ask(new ConsolePages(directory), "/console");
	expect([moved?.status, moved?.headers.get("location")]).toEqual([308, "/console/"]);
});

test("a path finds only the console's own files", async () => {
	const pages = new ConsolePages(directory);
	for (const path of [
		"../coffer-outside.txt",
		"%2e%2e/coffer-outside.txt",
		"..%2fcoffer-outside.txt",
		"none.js",
		"__proto__",
	])
		expect(await ask(pages, `/console/${path}`), path).toBeUndefined();
});

test("files that are missing at first are found later", async () => {
	const later = join(directory, "later");
	const pages = new ConsolePages(later);
	await expect(ask(pages, "/console/")).rejects.toThrow(/ENOENT/);
	mkdirSync(later);
	writeFileSync(join(later, "index.html"), "built");
	expect(await (await ask(pages, "/console/"))?.text()).toBe("built");
	rmSync(later, { recursive: true });
});
