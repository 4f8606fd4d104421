/**
 * Reads files from outside with a size limit. The size is checked before the read if the system knows it, and
 * during the read otherwise (pipes, devices, growing files). A leaf: imports only the error type and the safe
 * text.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { isatty, ReadStream } from "node:tty";
import { AppError, EXIT } from "./errors.ts";
import { printable } from "./printable.ts";

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;
const CHUNK_BYTES = 65_536;

/**
 * The largest files of each kind, in bytes; docs/format.md, "Limits of other files". The vault's own limit is in
 * `vault/syntax/syntax.ts`.
 */
export const FILE_BYTES = {
	/** A text that Coffer adds lines to (`.gitattributes`, `.gitignore`), or a hook. */
	text: 4 * 1024 * 1024,
	/** A file of this device's memory: 200 bytes for a name, and 50 for each change of it that is not synced yet. */
	state: 64 * 1024 * 1024,
	/** `coffer.json`, and another tool's description of an app. */
	settings: 1024 * 1024,
	/** A `.env` file. */
	env: 64 * 1024 * 1024,
	/** An identity, or an exported identity. Both are much smaller. */
	identity: 4096,
} as const;

/** The kinds of files that may be read besides regular files. */
export interface AllowedFiles {
	/** Symbolic links at the end of the path. */
	readonly links?: boolean;
	/** Pipes and devices. The read waits for their end. */
	readonly pipes?: boolean;
}

/**
 * The error for input above its limit.
 * @param what a path, or another name of the input
 * @param bytes its size; undefined if unknown
 */
export function fileTooLarge(what: string, bytes: number | undefined, bytesMax: number): AppError {
	const size =
		bytes === undefined
			? `more than ${bytesMax} bytes, which are the limit`
			: `${bytes} bytes, and the limit is ${bytesMax} bytes`;
	return new AppError({
		code: "FILE_TOO_LARGE",
		message: `Cannot read ${printable(what, 400)}: it has ${size}.`,
		hint: "Check that it is the right file. If it has grown by mistake, restore it from git or a backup.",
		exit: EXIT.failure,
	});
}

function flagsFor({ links, pipes }: AllowedFiles): number {
	return O_RDONLY | (links ? 0 : O_NOFOLLOW) | (pipes ? 0 : O_NONBLOCK);
}

/** @returns the size of a file that can be read in one piece; undefined if its size is unknown */
function checkKind(
	path: string,
	stats: Stats,
	bytesMax: number,
	{ pipes }: AllowedFiles,
): number | undefined {
	if (stats.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
	if (!stats.isFile() && !pipes) throw Object.assign(new Error(), { code: "EFTYPE" });
	if (!stats.isFile()) return undefined;
	if (stats.size > bytesMax) throw fileTooLarge(path, stats.size, bytesMax);
	return stats.size;
}

/** Reads a file into one buffer. Node's own `readFile` reads small pieces and copies them. */
async function readSized(handle: FileHandle, size: number): Promise<Buffer> {
	const bytes = Buffer.allocUnsafeSlow(size);
	let length = 0;
	while (length < size) {
		const { bytesRead } = await handle.read(bytes, length, size - length, length);
		if (bytesRead === 0) break;
		length += bytesRead;
	}
	return bytes.subarray(0, length);
}

async function readToEnd(handle: FileHandle, path: string, bytesMax: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let total = 0;
	for (;;) {
		const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, null);
		if (bytesRead === 0) return Buffer.concat(chunks, total);
		total += bytesRead;
		if (total > bytesMax) throw fileTooLarge(path, undefined, bytesMax);
		chunks.push(buffer.subarray(0, bytesRead));
	}
}

/** Reads a stream to its end. @throws AppError `FILE_TOO_LARGE` */
async function readStream(stream: AsyncIterable<Buffer>, path: string, bytesMax: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let total = 0;
	for await (const chunk of stream) {
		total += chunk.length;
		if (total > bytesMax) throw fileTooLarge(path, undefined, bytesMax);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, total);
}

/** Opens a file whose reader may have to wait: a named pipe, or a terminal. */
async function openWaiting(path: string, { links, pipes }: AllowedFiles): Promise<Socket | undefined> {
	if (!pipes) return undefined;
	const stats = await stat(path);
	if (!stats.isFIFO() && !stats.isCharacterDevice()) return undefined;
	const file = openSync(path, O_RDONLY | O_NONBLOCK | (links ? 0 : O_NOFOLLOW));
	if (fstatSync(file).isFIFO()) return new Socket({ fd: file, readable: true, writable: false });
	if (isatty(file)) return new ReadStream(file);
	closeSync(file);
	return undefined;
}

/**
 * Reads a file of at most `bytesMax` bytes. If the file grows during the read, only its size at the beginning is read.
 * @throws AppError `FILE_TOO_LARGE` (exit 1) with the size; otherwise the system's error, with the code
 *   `EISDIR`, `EFTYPE` (not a regular file) or `ELOOP` (a symbolic link) for a kind that `reach` does not allow
 */
export async function readBounded(path: string, bytesMax: number, reach: AllowedFiles = {}): Promise<Buffer> {
	// A thread that waits for the other end of a pipe would keep the process from ending, for example at Ctrl-C.
	const waiting = await openWaiting(path, reach);
	if (waiting) return await readStream(waiting, path, bytesMax);
	const handle = await open(path, flagsFor(reach));
	try {
		const size = checkKind(path, await handle.stat(), bytesMax, reach);
		return size === undefined ? await readToEnd(handle, path, bytesMax) : await readSized(handle, size);
	} finally {
		await handle.close();
	}
}

/** Reads a regular file synchronously, as `readBounded` does, for code that reads many small ones. */
export function readBoundedSync(
	path: string,
	bytesMax: number,
	reach: Omit<AllowedFiles, "pipes"> = {},
): Buffer {
	const file = openSync(path, flagsFor(reach));
	try {
		const size = checkKind(path, fstatSync(file), bytesMax, reach) ?? 0;
		const bytes = Buffer.allocUnsafeSlow(size);
		let length = 0;
		while (length < size) {
			const count = readSync(file, bytes, length, size - length, length);
			if (count === 0) break;
			length += count;
		}
		return bytes.subarray(0, length);
	} finally {
		closeSync(file);
	}
}
