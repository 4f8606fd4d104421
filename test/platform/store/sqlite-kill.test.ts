import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";

/** Whose the blobs are. */
const OWNER = "0".repeat(32);

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "coffer-store-"));
});
afterEach(async () => {
	await rm(root, { recursive: true, force: true });
});

describe("a writer that is killed", () => {
	/** Bundles the writer for this Node, beside the packages that it needs. */
	async function bundle(): Promise<string> {
		const outfile = join(
			import.meta.dirname,
			`../../../node_modules/.cache/coffer-test/writer-${randomUUID()}.mjs`,
		);
		const entry = join(import.meta.dirname, "writer.ts");
		await build({
			entryPoints: [entry],
			outfile,
			bundle: true,
			platform: "node",
			format: "esm",
			packages: "external",
		});
		return outfile;
	}

	/** Runs the writer, kills it when it has acknowledged `count` entries, and returns all of its output. */
	async function runAndKill(program: string, directory: string, count: number): Promise<string[]> {
		const child = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
		const acknowledged: string[] = [];
		for await (const line of createInterface({ input: child.stdout })) {
			acknowledged.push(line);
			if (acknowledged.length === count) child.kill("SIGKILL");
		}
		return acknowledged;
	}

	test("has exclusive use of the directory while it lives", async () => {
		const program = await bundle();
		const directory = join(root, "data");
		const child = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
		try {
			const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
			await lines.next();
			await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: "DATA_DIR_IN_USE", exit: 1 });
			const before = await lines.next();
			expect(before.done).toBe(false);
		} finally {
			child.kill("SIGKILL");
			await once(child, "close");
			await rm(program, { force: true });
		}
		await using store = await openSqliteStore(directory);
		expect((await store.read("s", 0, 1)).length).toBe(1);
	});

	test("has lost nothing that was acknowledged as durable, 20 times", async () => {
		const program = await bundle();
		const directory = join(root, "data");
		const acknowledged: string[] = [];
		try {
			for (let round = 1; round <= 20; round++) {
				const printed = await runAndKill(program, directory, (round * 7) % 31 || 1);
				expect(printed.length).toBeGreaterThan(0);
				acknowledged.push(...printed);
				await using store = await openSqliteStore(directory);
				const entries = await store.read("s", 0);
				// The last entry may be in the store without an acknowledgement.
				expect(entries.length - acknowledged.length).toBeOneOf([0, 1]);
				expect(entries.slice(0, acknowledged.length).map((entry) => entry.body)).toEqual(acknowledged);
				const hashes = entries.map((entry) => entry.body.split(" ")[1] as string);
				expect(await store.missingBlobs(OWNER, hashes)).toEqual([]);
				expect(blobHash((await store.getBlob(OWNER, hashes.at(-1) as string)) as Uint8Array)).toBe(
					hashes.at(-1),
				);
				acknowledged.push(...entries.slice(acknowledged.length).map((entry) => entry.body));
			}
		} finally {
			await rm(program, { force: true });
		}
	});
});
