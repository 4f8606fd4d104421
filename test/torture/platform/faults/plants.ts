/** Bugs for a `coffer` process. A change of src/project/files/atomic-file.ts could cause each of them. */
type Files = typeof import("node:fs/promises");

/**
 * @param files the module object that the tested program uses; the bug changes it
 * @param window called at the moment at which a crash reveals the bug
 */
type Planting = (files: Files, original: Files, window: () => Promise<void>) => void;

const PLANTINGS: Readonly<Record<string, Planting>> = {
	"the file is written in place": (files, { open, readFile, unlink }, window) => {
		files.rename = async (from, to) => {
			const [source, target] = [await readFile(from), await open(to, "w")];
			const half = source.length >> 1;
			await target.write(source, 0, half, 0);
			await target.sync();
			await window();
			await target.write(source, half, source.length - half, half);
			await target.sync();
			await target.close();
			await unlink(from);
		};
	},
	"nothing is synced to the disk": (files, { open }) => {
		files.open = async (...args) => {
			const handle = await open(...args);
			handle.sync = async () => undefined;
			return handle;
		};
	},
	"a failed rename is not reported": (files, { rename }) => {
		files.rename = (from, to) => rename(from, to).catch(() => undefined);
	},
	"leftovers are left": (files) => {
		files.unlink = async () => undefined;
	},
	"the value lies in a file of its own meanwhile": (files, { rename, writeFile, unlink }) => {
		files.rename = async (from, to) => {
			const [, value = ""] = process.argv.find((word) => word.startsWith("CANARY="))?.split("=") ?? [];
			await writeFile(`${String(to)}.txt`, Buffer.from(value).toString("base64"));
			await rename(from, to);
			await unlink(`${String(to)}.txt`);
		};
	},
	"the lock outlives its holder": (files, { open, rename, truncate, writeFile }, window) => {
		files.open = async (...args) => {
			if (String(args[0]).endsWith(".tmp")) await writeFile("coffer.vault.lock", String(process.pid));
			return await open(...args);
		};
		files.rename = async (from, to) => {
			await rename(from, to);
			await window();
			await truncate("coffer.vault.lock");
		};
	},
};

/** Bugs that a crash reveals, and bugs that a fault at a chosen step reveals. */
export const CRASH_PLANTS = ["the file is written in place", "the lock outlives its holder"];
export const FAULT_PLANTS = Object.keys(PLANTINGS).filter((name) => name !== "the lock outlives its holder");

/**
 * Puts a bug into this process.
 * @param windowFile the file that it creates when a crash would reveal the bug; it then waits to be killed.
 * Undefined to continue
 */
export function plantBug(name: string, files: Files, windowFile: string | undefined): void {
	const original = { ...files };
	const window = async () => {
		if (windowFile === undefined) return;
		await original.writeFile(windowFile, "");
		await new Promise(() => setInterval(() => undefined, 1_000));
	};
	PLANTINGS[name]?.(files, original, window);
}
