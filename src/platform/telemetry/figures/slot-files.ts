/**
 * Where the slots of functions are kept: a file for each function, with one place for each slot of a day. A slot replaces
 * the one of the day before, so no file grows beyond 62 KiB.
 */
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import { encodeSlot, placeOf, SLOT_BYTES, type Slot } from "./slot.ts";

export interface SlotFiles {
	/** Replaces the slot of the day before. Not durable: after a crash of the machine it may be missing. */
	write(of: FunctionLifetime, slot: Slot): Promise<void>;
	/** The bytes of all places. Empty if nothing was written. */
	read(of: FunctionLifetime): Promise<Uint8Array>;
	/** @param name the function's lifetime. Undefined: all functions of the app. */
	forget(app: string, name?: string): Promise<void>;
	/** Removes everything but the files of these functions. */
	keepOnly(kept: readonly FunctionLifetime[]): Promise<void>;
}

const ENDING = ".figures";

/** Keeps nothing. */
export const NO_SLOT_FILES: SlotFiles = {
	write: async () => {},
	read: async () => new Uint8Array(),
	forget: async () => {},
	keepOnly: async () => {},
};

function isMissing(error: unknown): boolean {
	return (error as NodeJS.ErrnoException).code === "ENOENT";
}

class Files implements SlotFiles {
	readonly #directory: string;

	constructor(directory: string) {
		this.#directory = directory;
	}

	#path({ app, function: name }: FunctionLifetime): string {
		return join(this.#directory, app, name + ENDING);
	}

	async write(of: FunctionLifetime, slot: Slot): Promise<void> {
		await mkdir(join(this.#directory, of.app), { recursive: true, mode: 0o700 });
		const path = this.#path(of);
		const file = await open(path, "r+", 0o600).catch((error: unknown) => {
			if (isMissing(error)) return open(path, "w+", 0o600);
			throw error;
		});
		try {
			await file.write(encodeSlot(slot), 0, SLOT_BYTES, placeOf(slot.atMs) * SLOT_BYTES);
		} finally {
			await file.close();
		}
	}

	async read(of: FunctionLifetime): Promise<Uint8Array> {
		return await readFile(this.#path(of)).catch((error: unknown) => {
			if (isMissing(error)) return new Uint8Array();
			throw error;
		});
	}

	async forget(app: string, name?: string): Promise<void> {
		const path = name === undefined ? join(this.#directory, app) : this.#path({ app, function: name });
		await rm(path, { recursive: true, force: true });
	}

	async keepOnly(kept: readonly FunctionLifetime[]): Promise<void> {
		const wanted = new Set(kept.map((each) => this.#path(each)));
		const apps = new Set(kept.map(({ app }) => app));
		for (const app of await readdir(this.#directory).catch(() => [])) {
			const folder = join(this.#directory, app);
			if (!apps.has(app)) await rm(folder, { recursive: true, force: true });
			for (const file of await readdir(folder).catch(() => []))
				if (!wanted.has(join(folder, file))) await rm(join(folder, file), { recursive: true, force: true });
		}
	}
}

/** Slots in files below a directory, which is made when it is needed. */
export function openSlotFiles(directory: string): SlotFiles {
	return new Files(directory);
}
