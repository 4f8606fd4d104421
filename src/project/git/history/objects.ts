/** Streams objects from git's store, many by one process. */
import { once } from "node:events";
import { fileTooLarge } from "../../../bounded-file.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { type GitContext, gitFailed, startGit, timedOut } from "../run.ts";
import { readFailed } from "./partial-clone.ts";

/** The longest line that git answers with: a name from the request, and a few words. */
const LINE_BYTES_MAX = 65_536;
/** The longest time without output of git, in milliseconds. */
const SILENT_MS_MAX = 120_000;

function lineTooLong(): AppError {
	return new AppError({
		code: "GIT_OUTPUT_TOO_LARGE",
		message: `git cat-file answered with a line of more than ${LINE_BYTES_MAX} bytes.`,
		hint: "Check that the command git is git.",
		exit: EXIT.failure,
	});
}

/** Reads a stream of chunks by lines and by counts of bytes. */
class ByteReader {
	readonly #chunks: AsyncIterator<Buffer>;
	readonly #onSilence: () => void;
	#rest: Buffer = Buffer.alloc(0);

	/** @param onSilence called if no data arrives for too long; must end the stream */
	constructor(chunks: AsyncIterable<Buffer>, onSilence: () => void) {
		this.#chunks = chunks[Symbol.asyncIterator]();
		this.#onSilence = onSilence;
	}

	/**
	 * The next line without its line feed; undefined at the end of the stream.
	 * @throws AppError `GIT_OUTPUT_TOO_LARGE` (exit 1) if the line is longer than any line of git
	 */
	async line(): Promise<string | undefined> {
		const pieces: Buffer[] = [];
		let length = 0;
		for (;;) {
			const end = this.#rest.indexOf(0x0a);
			if (end >= 0) {
				const piece = this.#rest.subarray(0, end);
				this.#rest = this.#rest.subarray(end + 1);
				return (pieces.length === 0 ? piece : Buffer.concat([...pieces, piece])).toString("latin1");
			}
			pieces.push(this.#rest);
			length += this.#rest.length;
			if (length > LINE_BYTES_MAX) throw lineTooLong();
			if (!(await this.#fill())) return undefined;
		}
	}

	/** The next `count` bytes, which are valid until the next call; undefined if there are fewer. */
	async take(count: number): Promise<Buffer | undefined> {
		const pieces: Buffer[] = [];
		let wanted = count;
		for (;;) {
			const piece = this.#rest.subarray(0, wanted);
			this.#rest = this.#rest.subarray(piece.length);
			wanted -= piece.length;
			// Most objects come in one piece, which is not copied.
			if (wanted === 0) return pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]);
			pieces.push(piece);
			if (!(await this.#fill())) return undefined;
		}
	}

	/** Skips `count` bytes, or passes them on in pieces. @returns whether there were that many */
	async skip(count: number, visit?: (piece: Buffer) => void): Promise<boolean> {
		let wanted = count;
		for (;;) {
			const piece = this.#rest.subarray(0, wanted);
			this.#rest = this.#rest.subarray(piece.length);
			wanted -= piece.length;
			if (piece.length > 0) visit?.(piece);
			if (wanted === 0) return true;
			if (!(await this.#fill())) return false;
		}
	}

	async #fill(): Promise<boolean> {
		// The timer runs only while the reader waits, not while the caller works with the data.
		const timer = setTimeout(this.#onSilence, SILENT_MS_MAX);
		try {
			const next = await this.#chunks.next();
			if (next.done) return false;
			this.#rest = next.value;
			return true;
		} finally {
			clearTimeout(timer);
		}
	}
}

/**
 * Runs `git cat-file` with requests, and calls `read` with its output.
 * @throws AppError `GIT_FAILED`, `GIT_TIMED_OUT`, `GIT_OUTPUT_TOO_LARGE` (exit 1), and what `startGit` throws
 */
async function withCatFile<T>(
	place: GitContext,
	mode: "--batch" | "--batch-check",
	asked: readonly string[],
	read: (reader: ByteReader) => Promise<T>,
): Promise<T> {
	const child = await startGit(place, ["cat-file", "--buffer", mode]);
	let isSilent = false;
	const end = () => {
		isSilent = true;
		child.kill("SIGKILL");
	};
	// `once` rejects if the program cannot be started.
	const closed = once(child, "close") as Promise<[number | null]>;
	closed.catch(() => undefined);
	// If git fails at once, the write of the requests fails too. The exit status gives the cause.
	child.stdin.on("error", () => undefined);
	child.stdin.end(asked.map((each) => `${each}\n`).join(""));
	try {
		const result = await read(new ByteReader(child.stdout, end)).catch((error: unknown) => {
			throw isSilent ? timedOut(["cat-file"], place, SILENT_MS_MAX) : error;
		});
		const [status] = await closed;
		if (isSilent) throw timedOut(["cat-file"], place, SILENT_MS_MAX);
		if (status === 0) return result;
		throw gitFailed("cat-file", status ?? 128, place);
	} finally {
		child.kill("SIGKILL");
	}
}

const HEADER = /^([0-9a-f]{40,64}) ([a-z]+) ([0-9]+)$/;

/** Git's description of one object. */
export interface FoundObject {
	readonly id: string;
	/** `blob`, for a file. */
	readonly type: string;
	readonly size: number;
}

function parseHeader(line: string): FoundObject | undefined {
	const [, id, type, size] = HEADER.exec(line) ?? [];
	return id === undefined || type === undefined ? undefined : { id, type, size: Number(size) };
}

/** The most objects that are found to be left out, because each of them ends a process of git. */
const LEFT_OUT_MAX = 100;

/**
 * The objects for names such as `COMMIT:./PATH`, in the same order; undefined for a name without an object.
 * @param onLeftOut called for each name whose object a partial clone left out; it has undefined then
 * @throws AppError `GIT_OBJECT_MISSING` (exit 1) for such a name, if `onLeftOut` is undefined or there are more than 100;
 *   as `withCatFile`
 */
export async function findObjects(
	place: GitContext,
	names: readonly string[],
	onLeftOut?: (name: string) => void,
): Promise<(FoundObject | undefined)[]> {
	const found: (FoundObject | undefined)[] = [];
	let leftOut = 0;
	let cause: AppError | undefined;
	while (found.length < names.length) {
		try {
			await withCatFile(place, "--batch-check", names.slice(found.length), async (reader) => {
				for (let line = await reader.line(); line !== undefined; line = await reader.line())
					found.push(parseHeader(line));
			});
			break;
		} catch (error) {
			if (!(error instanceof AppError && error.code === "GIT_FAILED")) throw error;
			const name = names[found.length];
			cause ??= await readFailed("cat-file", 128, place);
			if (name === undefined || cause.code === "GIT_FAILED") throw error;
			if (!onLeftOut || ++leftOut > LEFT_OUT_MAX) throw cause;
			// Git ends at the first object that it may not fetch, after the answers about those before it.
			onLeftOut(name);
			found.push(undefined);
		}
	}
	return found;
}

/**
 * Reads existing objects by their ids.
 * @param bytesMax the largest object to read
 * @param visit called with each object, in order. Nothing is kept
 * @param tooLarge called for each larger object, which is skipped
 * @throws AppError `FILE_TOO_LARGE` (exit 1) before a larger object is read, if `tooLarge` is undefined; as
 *   `withCatFile`
 */
export function readObjects(
	place: GitContext,
	ids: readonly string[],
	bytesMax: number,
	visit: (id: string, bytes: Buffer) => void,
	tooLarge?: (id: string) => void,
): Promise<void> {
	return withCatFile(place, "--batch", ids, async (reader) => {
		for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
			const object = parseHeader(line);
			if (object && object.size > bytesMax) {
				if (!tooLarge) throw fileTooLarge(`object ${object.id} in git`, object.size, bytesMax);
				tooLarge(object.id);
				await reader.skip(object.size + 1);
				continue;
			}
			// Git writes one line feed after each object.
			const bytes = object && (await reader.take(object.size + 1));
			if (!object || !bytes) throw gitFailed("cat-file", 128, place);
			visit(object.id, bytes.subarray(0, -1));
		}
	});
}

/** Takes objects in pieces, so that one of any size needs little memory. */
export interface ObjectVisitor {
	/** Called with each piece of an object, which is valid until the call ends. */
	piece(bytes: Buffer): void;
	/** Called at the end of each object, in the order of the ids. */
	end(object: FoundObject): void;
	/** Called for an object that is not in the store, as in a partial clone. */
	missing(id: string): void;
}

/** Reads objects of any size by their ids. @throws AppError as `withCatFile` */
export function streamObjects(
	place: GitContext,
	ids: readonly string[],
	visitor: ObjectVisitor,
): Promise<void> {
	return withCatFile(place, "--batch", ids, async (reader) => {
		for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
			const object = parseHeader(line);
			if (!object) {
				visitor.missing(line.split(" ")[0] ?? "");
				continue;
			}
			const isWhole = await reader.skip(object.size, (piece) => visitor.piece(piece));
			if (!isWhole || !(await reader.skip(1))) throw gitFailed("cat-file", 128, place);
			visitor.end(object);
		}
	});
}
