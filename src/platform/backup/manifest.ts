/**
 * The manifest of a backup: `manifest.json`, which is written last. It lists every other file with its hash, so that
 * cut, damaged or missing files are noticed. It does not authenticate the backup. The codes of the entries do, and the
 * platform checks them.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { AppError, EXIT } from "../../errors.ts";

export const MANIFEST_FILE = "manifest.json";
export const SNAPSHOT_FILE = "store.db";
export const BLOBS_FOLDER = "blobs";
/** The Deno KV stores of apps. */
export const STORES_FOLDER = "kv";

const TYPE = "coffer-platform-backup";
const FORMAT = 1;
/** The only paths that a manifest may contain, so that no other file is read or written through it. */
const PATH = /^(?:store\.db|blobs\/[0-9a-f]{64}|kv\/[0-9a-f]{32}\.db)$/;

const fileSchema = z.strictObject({
	path: z.string().regex(PATH),
	bytes: z.int().min(0),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const manifestSchema = z.strictObject({
	type: z.literal(TYPE),
	format: z.literal(FORMAT),
	/** Version of Coffer that wrote the backup. */
	coffer: z.string(),
	createdMs: z.int().min(0),
	apps: z.int().min(0),
	functions: z.int().min(0),
	files: z.array(fileSchema),
});

export type BackupFile = z.infer<typeof fileSchema>;
export type Manifest = Omit<z.infer<typeof manifestSchema>, "type" | "format">;

/** The error for a damaged backup. @param detail a clause that says what is wrong */
export function backupDamaged(path: string, detail: string, cause?: unknown): AppError {
	return new AppError({
		code: "BACKUP_DAMAGED",
		message: `The backup ${path} is damaged: ${detail}.`,
		hint: "Nothing was restored. Use another backup.",
		exit: EXIT.integrity,
		cause,
	});
}

export function formatManifest(manifest: Manifest): string {
	return `${JSON.stringify({ type: TYPE, format: FORMAT, ...manifest }, null, "\t")}\n`;
}

function parseManifest(backup: string, text: string): Manifest {
	let read: unknown;
	try {
		read = JSON.parse(text);
	} catch (cause) {
		throw backupDamaged(backup, `its ${MANIFEST_FILE} cannot be read`, cause);
	}
	const { success, data, error } = manifestSchema.safeParse(read);
	if (success) return data;
	const { type, format } = (read ?? {}) as { type?: unknown; format?: unknown };
	if (type === TYPE && typeof format === "number" && format > FORMAT) {
		throw new AppError({
			code: "BACKUP_TOO_NEW",
			message: `The backup ${backup} has format ${format}, but this version of Coffer knows formats up to ${FORMAT} only.`,
			hint: "Restore it with the newer version of Coffer that wrote it.",
			exit: EXIT.failure,
		});
	}
	throw backupDamaged(backup, `its ${MANIFEST_FILE} is not the manifest of a backup`, error);
}

/** The size and the hash of a file. */
export async function digestOf(path: string): Promise<Pick<BackupFile, "bytes" | "sha256">> {
	const digest = createHash("sha256");
	let bytes = 0;
	for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
		digest.update(chunk);
		bytes += chunk.length;
	}
	return { bytes, sha256: digest.digest("hex") };
}

function notFound(backup: string): AppError {
	return new AppError({
		code: "BACKUP_NOT_FOUND",
		message: `There is no backup at ${backup}.`,
		hint: "Give a directory that 'coffer platform backup' created.",
		exit: EXIT.notFound,
	});
}

/**
 * Reads the manifest of a backup and checks every file against it.
 * @throws AppError `BACKUP_NOT_FOUND` (exit 4), `BACKUP_DAMAGED` (exit 7), `BACKUP_TOO_NEW` (exit 1)
 */
export async function readBackup(backup: string): Promise<Manifest> {
	const manifest = parseManifest(backup, await readManifest(backup));
	const paths = new Set(manifest.files.map(({ path }) => path));
	if (!paths.has(SNAPSHOT_FILE) || paths.size !== manifest.files.length)
		throw backupDamaged(backup, `its ${MANIFEST_FILE} does not list the files of a backup`);
	for (const { path, bytes, sha256 } of manifest.files) {
		const found = await digestOf(join(backup, path)).catch((cause: unknown) => {
			throw backupDamaged(backup, `${path} is missing or cannot be read`, cause);
		});
		if (found.bytes !== bytes || found.sha256 !== sha256)
			throw backupDamaged(backup, `${path} has changed since it was written`);
	}
	return manifest;
}

async function readManifest(backup: string): Promise<string> {
	try {
		return await readFile(join(backup, MANIFEST_FILE), "utf8");
	} catch (cause) {
		const folder = await readFile(backup).catch((error: NodeJS.ErrnoException) => error.code);
		if (folder === "ENOENT") throw notFound(backup);
		throw backupDamaged(backup, `it has no readable ${MANIFEST_FILE}`, cause);
	}
}
