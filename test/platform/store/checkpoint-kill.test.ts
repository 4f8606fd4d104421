/** Writers of checkpoints that are killed: a reader finds a whole checkpoint or none, and never a part of one. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { hash } from "../../../src/crypto.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import { bundleFor } from "../../support/bundle.ts";
import { EtcdCluster } from "./etcd/cluster.ts";

const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/coffer-test");
const program = join(CACHE, `checkpoint-writer-${process.pid}.mjs`);
let root: string;
let cluster: EtcdCluster;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "coffer-store-"));
	cluster = await EtcdCluster.start();
	await bundleFor("test/platform/store/checkpoint-writer.ts", program);
});
afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
	for (const path of [root, program]) await rm(path, { recursive: true, force: true });
});

/** Runs the writer, and kills it while it writes some checkpoint. */
async function runAndKill(url: string, size: number, writes: number): Promise<void> {
	const args = [program, url, String(size)];
	const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
	let count = 0;
	for await (const _ of createInterface({ input: child.stdout }))
		if (++count === writes) child.kill("SIGKILL");
	expect(count).toBeGreaterThanOrEqual(writes);
}

test.each([
	["SQLite", () => `sqlite:${join(root, "data")}`],
	["etcd", () => cluster.url()],
])("%s", async (_, urlOf) => {
	const size = 1_200_000;
	for (let round = 1; round <= 3; round++) {
		await runAndKill(urlOf(), size, round);
		await using inner = await openStore(urlOf());
		const store = await SealedStore.open(inner, hash(utf8("test")));
		// The entries and their seal are not affected.
		store.check();
		expect(await store.read("s", 0)).toHaveLength(1);
		for await (const { text } of store.checkpoints.read("s"))
			if (text !== undefined) expect([text.length, new Set(text).size]).toEqual([size, 1]);
		await store.checkpoints.write([{ stream: "s", text: "mended" }]);
		for await (const { text } of store.checkpoints.read("s")) expect(text).toBe("mended");
	}
});
