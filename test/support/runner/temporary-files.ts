/**
 * Before any test: puts temporary files into memory, if possible. Tests create and remove tens of thousands
 * of small files. On a disk, that takes a seventh of all processor time, and waiting time in addition.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "coffer-tests-";
/** The memory that must be free. The tests use much less at a time, and the machine needs the rest. */
const AVAILABLE_KB_MIN = 6 * 1024 * 1024;

function availableKb(): number {
	return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);
}

function unmount(folder: string): void {
	// A lazy unmount, because a process that a test has left running may still use it.
	spawnSync("umount", ["--lazy", folder], { stdio: "ignore" });
	// Files that are here now were written before the mount or after it.
	try {
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	} catch {
		// A process that a test has left running still writes there. A later run removes it.
	}
}

/** Removes the folders of runs that were killed. */
function removeLeft(parent: string): void {
	for (const name of readdirSync(parent)) {
		if (!name.startsWith(PREFIX) || existsSync(join("/proc", name.slice(PREFIX.length)))) continue;
		unmount(join(parent, name));
	}
}

/**
 * Mounts a file system in memory and sets `TMPDIR` to it, which the workers inherit. Changes nothing if the
 * user may not mount, or if there is not enough memory.
 * @returns a function that removes it after all tests
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
	// The same permissions as the system's own, because some tests start processes of other users.
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
