/** Processes that wait for a lock, and their waiting times. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Connection, loadSqlite } from "../../../src/project/files/sqlite.ts";
import { withLock } from "../../../src/project/files/vault-lock.ts";
import { refusalOf } from "../../support/refusal.ts";
import { ROOT } from "../../support/root.ts";

let folder: string;
let holder: Connection;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-lock-"));
	// The same library as the lock's, because the operating system's locks exclude other processes, not
	// another library in the same process.
	holder = (await loadSqlite())(join(folder, "lock"));
	holder.exec("BEGIN EXCLUSIVE");
});
afterEach(() => {
	holder.close();
	rmSync(folder, { recursive: true });
});

const wait = (patience: { stillMs: number; mostMs: number }) =>
	withLock(join(folder, "lock"), async () => "had it", patience);

test("a writer waits a limited time for a lock whose holder does nothing", async () => {
	expect(await refusalOf(wait({ stillMs: 300, mostMs: 60_000 }))).toMatchObject({
		code: "VAULT_LOCKED",
		exit: 1,
		message: expect.stringContaining("has made no progress for 0.3 s"),
	});
	holder.exec("ROLLBACK");
	expect(await wait({ stillMs: 300, mostMs: 60_000 })).toBe("had it");
});

test("a writer continues to wait while other processes make progress", async () => {
	const waiting = wait({ stillMs: 500, mostMs: 60_000 });
	const startMs = performance.now();
	let written = 0;
	// Twice the longest wait without a change of the folder.
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

test("a writer does not wait forever", async () => {
	const writing = setInterval(() => writeFileSync(join(folder, String(performance.now())), ""), 20);
	expect(await refusalOf(wait({ stillMs: 60_000, mostMs: 400 }))).toMatchObject({ code: "VAULT_LOCKED" });
	clearInterval(writing);
});

/** Holds the lock with libsql, in a separate process, until its input ends. */
const HOLDER = `
	const Database = require("libsql");
	const database = new Database(process.argv[1]);
	database.exec("BEGIN EXCLUSIVE");
	console.log("held");
	process.stdin.resume().on("end", () => process.exit());`;

test("a process that locks with libsql and one that locks with Node's SQLite exclude one another", async () => {
	holder.exec("ROLLBACK");
	const other = spawn(process.execPath, ["-e", HOLDER, join(folder, "lock")], {
		cwd: ROOT,
		stdio: ["pipe", "pipe", "inherit"],
	});
	await once(other.stdout, "data");
	expect(await refusalOf(wait({ stillMs: 100, mostMs: 60_000 }))).toMatchObject({ code: "VAULT_LOCKED" });
	other.stdin.end();
	await once(other, "close");
	expect(await wait({ stillMs: 100, mostMs: 60_000 })).toBe("had it");
});
