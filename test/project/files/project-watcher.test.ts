import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ProjectWatcher } from "../../../src/project/files/project-watcher.ts";

const { signal } = new AbortController();
const alternative = "use --no-watch";
let root = "";

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-changes-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string) => writeFileSync(join(root, name), name);

test("hands out the files that matter and the vault, and nothing hidden or installed", async () => {
	using watcher = new ProjectWatcher({
		root,
		alternative,
		settleMs: 20,
		matters: (path) => path !== "server.log",
	});
	for (const name of ["server.log", ".hidden", "a.ts", "coffer.vault"]) write(name);
	const { files, vault } = (await watcher.next(signal)) ?? {};
	expect([files, vault]).toEqual([new Set(["a.ts"]), true]);
});

test("hands out changes although another file is written without a pause", async () => {
	using watcher = new ProjectWatcher({ root, alternative, settleMs: 1_000_000 });
	const writing = setInterval(() => write("growing.txt"), 5);
	write("a.ts");
	const changes = await watcher.next(signal);
	clearInterval(writing);
	expect(changes?.files.has("a.ts")).toBe(true);
});

test("ends when the signal aborts", async () => {
	using watcher = new ProjectWatcher({ root, alternative, settleMs: 20 });
	expect(await watcher.next(AbortSignal.abort())).toBeUndefined();
});
