/** Who waits for a lock, and for how long. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "../../../src/project/files/vault-lock.ts";
import { refusalOf } from "../../support/refusal.ts";

let folder: string;
let holder: InstanceType<typeof Database>;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-lock-"));
	holder = new Database(join(folder, "lock"));
	holder.exec("BEGIN EXCLUSIVE");
});
afterEach(() => {
	holder.close();
	rmSync(folder, { recursive: true });
});

const wait = (patience: { stillMs: number; mostMs: number }) =>
	withLock(join(folder, "lock"), async () => "had it", patience);

test("a holder that does nothing is waited for only so long", async () => {
	expect(await refusalOf(wait({ stillMs: 300, mostMs: 60_000 }))).toMatchObject({
		code: "VAULT_LOCKED",
		exit: 1,
		message: expect.stringContaining("has done nothing for 0.3 s"),
	});
	holder.exec("ROLLBACK");
	expect(await wait({ stillMs: 300, mostMs: 60_000 })).toBe("had it");
});

test("while others get something done, a writer waits on", async () => {
	const waiting = wait({ stillMs: 500, mostMs: 60_000 });
	const startMs = performance.now();
	let written = 0;
	// Twice as long as anybody would wait who saw nothing.
	await new Promise<void>((resolve) => {
		const writing = setInterval(() => {
			writeFileSync(join(folder, `file-${written++}`), "");
			if (performance.now() - startMs < 1_000) return;
			clearInterval(writing);
			resolve();
		}, 50);
	});
	holder.exec("ROLLBACK");
	expect(await waiting).toBe("had it");
});

test("but not for ever", async () => {
	const writing = setInterval(() => writeFileSync(join(folder, String(performance.now())), ""), 20);
	expect(await refusalOf(wait({ stillMs: 60_000, mostMs: 400 }))).toMatchObject({ code: "VAULT_LOCKED" });
	clearInterval(writing);
});
