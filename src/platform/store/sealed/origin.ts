/**
 * Remembers in a node's data directory whose store it has used: a hash of the first entry of the stream `platform`, which
 * never changes. So a node that starts on a store that was emptied or exchanged does not begin a new platform in it. An
 * earlier state of the same platform is accepted, because restoring a backup makes one.
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { utf8 } from "../../../bytes.ts";
import { hash, toBase64 } from "../../../crypto.ts";
import { syncDirectory, syncFile } from "../durable.ts";
import { createPrivateFile } from "../private-directory.ts";
import { emptied, exchanged } from "./seal-faults.ts";
import type { SealedStore } from "./sealed-store.ts";

/** The text in a file. Undefined if there is none, or if a crash came before its content. */
async function textOf(path: string): Promise<string | undefined> {
	try {
		return (await readFile(path, "utf8")).trim() || undefined;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}

async function keep(path: string, origin: string): Promise<void> {
	await createPrivateFile(path, origin);
	await syncFile(path);
	await syncDirectory(dirname(path));
}

/**
 * Compares a store with the one that the directory's node has used, and remembers it if it is the first one.
 * @param path of the file
 * @throws AppError `STORE_EMPTIED`, `STORE_EXCHANGED` (exit 7)
 */
export async function checkOrigin({ known: store }: SealedStore, path: string): Promise<void> {
	const known = await textOf(path);
	const originOf = (first: string) => toBase64(hash(utf8(first)));
	if (known === undefined) {
		if (store.first !== undefined) return await keep(path, originOf(store.first));
		store.onFirst = (first) => void keep(path, originOf(first)).catch(() => undefined);
	} else if (store.first === undefined) throw emptied();
	else if (originOf(store.first) !== known) throw exchanged();
}
