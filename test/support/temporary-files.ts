/**
 * Before any test: temporary files in memory, where the machine lets it. Tests make and remove tens of thousands of
 * small files; on a disk, that takes a seventh of all processor time, and waits besides.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "coffer-tests-";
/** What must be free: the tests hold far less at a time, and the machine needs the rest. */
const AVAILABLE_KB_MIN = 6 * 1024 * 1024;

function availableKb(): number {
	return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);
}

function unmount(folder: string): void {
	// Lazily: a process that a test has left may still be in it.
	spawnSync("umount", ["--lazy", folder], { stdio: "ignore" });
	// What lies there now was written before the mount or after it.
	rmSync(folder, { recursive: true, force: true });
}

/** Removes the folders of runs that were killed. */
function removeLeft(parent: string): void {
	for (const name of readdirSync(parent)) {
		if (!name.startsWith(PREFIX) || existsSync(join("/proc", name.slice(PREFIX.length)))) continue;
		unmount(join(parent, name));
	}
}

/**
 * Mounts a file system in memory and names it in `TMPDIR`, which the workers inherit. Changes nothing where the user
 * may not mount, or where memory is short.
 * @returns what removes it, once all tests have ended
 */
export default function setup(): (() => void) | undefined {
	// Vitest calls this for each of its projects.
	if (process.env["COFFER_TEST_CACHE"] !== undefined) return undefined;
	const parent = tmpdir();
	process.env["COFFER_TEST_CACHE"] = join(parent, "coffer-test-cache");
	if (process.platform !== "linux" || process.getuid?.() !== 0 || availableKb() < AVAILABLE_KB_MIN)
		return undefined;
	removeLeft(parent);
	const folder = join(parent, `${PREFIX}${process.pid}`);
	mkdirSync(folder);
	// As the system's own: some tests start processes of other users.
	chmodSync(folder, 0o1777);
	const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder], {
		stdio: "ignore",
	});
	if (status !== 0) {
		rmdirSync(folder);
		return undefined;
	}
	process.env["TMPDIR"] = folder;
	return () => unmount(folder);
}
