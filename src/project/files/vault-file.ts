/** Reads `coffer.vault`, and replaces it atomically under its lock. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { parseVault, printVault, vaultIdOf } from "../../vault/document/format.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import {
	type FileStamp,
	isSameStamp,
	readWhole,
	removeLeftovers,
	replaceFile,
	stampOf,
} from "./atomic-file.ts";
import { VAULT_FILE } from "./project-root.ts";
import { withLock } from "./vault-lock.ts";
import { vaultDigest, vaultTextOf } from "./vault-text.ts";

const LOCK_FILE = `${VAULT_FILE}.lock`;
const NEW_FILE_MODE = 0o600;

export interface LoadedVault {
	readonly document: VaultDocument;
	/** The text that the document was parsed from. */
	readonly text: string;
	/** Hash of the text. */
	readonly digest: string;
	/** The file's stamp, taken before the read or after the write; undefined if the disk did not confirm the write. */
	readonly stamp: FileStamp | undefined;
}

/** How a vault is read. */
export interface VaultReading {
	/** The vault as this process last read or wrote it. It is returned if the file is unchanged. */
	readonly known?: LoadedVault | undefined;
	/** Whether this device has parsed a text with this hash before. The records of such a text are not parsed again. */
	readonly isParsed?: ((vaultId: string, digest: string) => Promise<boolean>) | undefined;
}

/**
 * Reads and parses the project's vault.
 * @throws AppError `VAULT_NOT_FOUND` (exit 4), exit 7 for a syntax error, exit 5 for conflict markers of git
 */
export async function loadVault(root: string, reading: VaultReading = {}): Promise<LoadedVault> {
	const { known, isParsed } = reading;
	// Taken before the file is read: a write during the read then makes the stamp too old, never too new.
	const stamp = stampOf(join(root, VAULT_FILE));
	if (known?.stamp && isSameStamp(known.stamp, stamp)) return known;
	const bytes = await readVaultBytes(root);
	const text = vaultTextOf(bytes);
	const digest = vaultDigest(bytes);
	const vaultId = isParsed && vaultIdOf(text);
	const order = vaultId !== undefined && (await isParsed?.(vaultId, digest)) ? { digest } : "sorted";
	return { document: parseVault(text, undefined, order), text, digest, stamp };
}

/**
 * Reads the vault's text without parsing it. @throws AppError `VAULT_NOT_FOUND` (exit 4), exit 7 if it is not
 * UTF-8
 */
export async function readVaultText(root: string): Promise<string> {
	return vaultTextOf(await readVaultBytes(root));
}

async function readVaultBytes(root: string): Promise<Uint8Array> {
	const bytes = await readWhole(join(root, VAULT_FILE), LIMITS.fileBytes);
	if (bytes === undefined) {
		throw new AppError({
			code: "VAULT_NOT_FOUND",
			message: `There is no ${VAULT_FILE} in ${root}.`,
			hint: "Run 'coffer init' to make one, or restore it from git.",
			exit: EXIT.notFound,
		});
	}
	return bytes;
}

/** The document's text. @throws AppError `VAULT_FULL` (exit 2) if it is longer than a reader accepts */
function printChecked(document: VaultDocument): string {
	const text = printVault(document);
	if (text.length <= LIMITS.fileBytes) return text;
	throw new AppError({
		code: "VAULT_FULL",
		message: `${VAULT_FILE} would be ${text.length} bytes; the limit is ${LIMITS.fileBytes} (256 MiB).`,
		hint: "Keep large data in files or an object store, and its keys here. Nothing was written.",
		exit: EXIT.usage,
	});
}

/** The outcome of an edit. */
export interface VaultEdit<T> {
	/** The vault to write. Without it, the file does not change. */
	readonly document?: VaultDocument | undefined;
	/** What `editVault` returns. */
	readonly result: T;
	/** Writes another file that belongs to the same change. If it fails, the old vault is put back. */
	readonly alongside?: (() => Promise<void>) | undefined;
	/** Writes this device's memory. Runs under the vault's lock. @param now the vault as the file now has it */
	readonly remember?: ((now: LoadedVault) => Promise<void>) | undefined;
}

/** The error for a file that is no longer the one that this command has read. */
export function changedMeanwhile(): AppError {
	return new AppError({
		code: "VAULT_CHANGED_MEANWHILE",
		message: `${VAULT_FILE} was changed by another program while this command ran.`,
		hint: "Nothing was written. Run the command again.",
		exit: EXIT.conflict,
	});
}

/**
 * Runs the work that follows the write of the vault. Its failure does not undo the write, and the error says
 * so.
 * @throws AppError `MEMORY_FAILED` (exit 1) with the original error as its cause
 */
export async function afterWrite(work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (cause) {
		if (!(cause instanceof AppError)) throw cause;
		throw new AppError({
			code: "MEMORY_FAILED",
			message: `${VAULT_FILE} is written, but this device's memory of it could not be updated. ${cause.message}`,
			hint: "Fix the cause. The next coffer command updates the memory. Until then, this device does not notice a roll-back of this change.",
			exit: EXIT.failure,
			cause,
		});
	}
}

/**
 * Replaces the vault, unless another program has written it since `before`. @throws AppError
 * `VAULT_CHANGED_MEANWHILE` (exit 5)
 */
async function replaceUnchanged(
	path: string,
	content: string | Uint8Array,
	before: FileStamp | undefined,
	meanwhile?: () => void,
): Promise<FileStamp> {
	return await replaceFile(path, content, {
		mode: NEW_FILE_MODE,
		meanwhile,
		beforeRename: async () => {
			if (!isSameStamp(stampOf(path), before)) throw changedMeanwhile();
		},
	});
}

/**
 * Repairs the text of a vault that may not parse, under the vault's lock.
 * @param repair returns the new text, or undefined to leave the file as it is
 */
export async function repairVault(root: string, repair: (text: string) => string | undefined): Promise<void> {
	await withLock(join(root, LOCK_FILE), async () => {
		const path = join(root, VAULT_FILE);
		await removeLeftovers(path);
		const before = stampOf(path);
		const text = await readVaultText(root);
		const repaired = repair(text);
		if (repaired !== undefined && repaired !== text) await replaceUnchanged(path, repaired, before);
	});
}

/** Returns the error of a write that the disk did not confirm. Throws every other error. */
function unsyncedOnly(error: unknown): AppError {
	if (error instanceof AppError && error.code === "FILE_UNSYNCED") return error;
	throw error;
}

/**
 * Edits the vault. From before the file is read until this device's memory is written, the vault's lock is held, so no
 * other command edits the file at the same time. The file is replaced atomically, and only if its text changes. A
 * change that another program made without the lock is not overwritten. Memory is written after the file: if the
 * program stops between the two, the memory is older than the file, and the next command updates it.
 *
 * The document is parsed but not verified. To edit one environment, call `editEnvironment`, which verifies it.
 * @param edit gets the vault as it is on disk, once
 * @param options.reading as in `loadVault`
 * @param options.whileWriting called while the file is written to the disk
 * @throws AppError `FILE_UNWRITABLE`, `VAULT_LOCKED`, `VAULT_LOCK_FAILED` (exit 1), `VAULT_CHANGED_MEANWHILE` (exit 5):
 *   nothing is written then; `MEMORY_FAILED`, `FILE_UNSYNCED` (exit 1): the vault is; or what `edit` throws
 */
export async function editVault<T>(
	root: string,
	edit: (loaded: LoadedVault) => Promise<VaultEdit<T>>,
	options: {
		readonly reading?: VaultReading | undefined;
		readonly whileWriting?: (() => void) | undefined;
	} = {},
): Promise<T> {
	return withLock(join(root, LOCK_FILE), async () => {
		const path = join(root, VAULT_FILE);
		await removeLeftovers(path);
		const loaded = await loadVault(root, options.reading);
		const { alongside, document, remember, result } = await edit(loaded);
		const text = document ? printChecked(document) : loaded.text;
		if (document && text !== loaded.text) {
			const bytes = utf8(text);
			const written = await replaceUnchanged(path, bytes, loaded.stamp, options.whileWriting).catch(
				unsyncedOnly,
			);
			const unsynced = written instanceof AppError ? written : undefined;
			await alongside?.().catch(async (error: unknown) => {
				await replaceFile(path, loaded.text, { mode: NEW_FILE_MODE });
				throw error;
			});
			const stamp = written instanceof AppError ? undefined : written;
			const now = { document, text, digest: vaultDigest(bytes), stamp };
			await afterWrite(async () => remember?.(now));
			if (unsynced) throw unsynced;
		} else {
			await alongside?.();
			await remember?.(loaded);
		}
		return result;
	});
}

/** Writes a project's first vault. @throws AppError `VAULT_EXISTS` (exit 5) */
export async function writeNewVault(root: string, document: VaultDocument): Promise<LoadedVault> {
	return withLock(join(root, LOCK_FILE), async () => {
		const path = join(root, VAULT_FILE);
		if (lstatSync(path, { throwIfNoEntry: false })) {
			throw new AppError({
				code: "VAULT_EXISTS",
				message: `${root} already has a ${VAULT_FILE}.`,
				hint: "Use it ('coffer status'), or move it away first. Its values cannot be recovered without it.",
				exit: EXIT.conflict,
			});
		}
		const text = printChecked(document);
		const stamp = await replaceFile(path, text, { mode: NEW_FILE_MODE });
		return { document, text, digest: vaultDigest(text), stamp };
	});
}
