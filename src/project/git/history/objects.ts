/**
 * Objects out of git's store, many by one process, as they come.
 */
import { once } from "node:events";
import { fileTooLarge } from "../../../bounded-file.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { type GitPlace, gitFailed, startGit, timedOut } from "../run.ts";

/** What a line of git's answer has at most: a name that was asked for, and a few words. */
const LINE_BYTES_MAX = 65_536;
/** How long git may say nothing. */
const SILENT_MS_MAX = 120_000;

function lineTooLong(): AppError {
	return new AppError({
		code: "GIT_OUTPUT_TOO_LARGE",
		message: `git cat-file answered with a line of more than ${LINE_BYTES_MAX} bytes.`,
		hint: "Check that the command git is git.",
		exit: EXIT.failure,
	});
}

/** Bytes that come in pieces, read by the line and by the number. */
class ByteReader {
	readonly #chunks: AsyncIterator<Buffer>;
	readonly #onSilence: () => void;
	#rest: Buffer = Buffer.alloc(0);

	/** @param onSilence called where nothing comes for too long; it must end the stream */
	constructor(chunks: AsyncIterable<Buffer>, onSilence: () => void) {
		this.#chunks = chunks[Symbol.asyncIterator]();
		this.#onSilence = onSilence;
	}

	/**
	 * The next line without its end; undefined where nothing is left.
	 * @throws AppError `GIT_OUTPUT_TOO_LARGE` (exit 1) where it is longer than any that git writes here
	 */
	async line(): Promise<string | undefined> {
		const pieces: Buffer[] = [];
		let length = 0;
		for (;;) {
			const end = this.#rest.indexOf(0x0a);
			if (end >= 0) {
				pieces.push(this.#rest.subarray(0, end));
				this.#rest = this.#rest.subarray(end + 1);
				return Buffer.concat(pieces).toString("latin1");
			}
			pieces.push(this.#rest);
			length += this.#rest.length;
			if (length > LINE_BYTES_MAX) throw lineTooLong();
			if (!(await this.#fill())) return undefined;
		}
	}

	/** So many bytes; undefined where there are fewer. */
	async take(count: number): Promise<Buffer | undefined> {
		const pieces: Buffer[] = [];
		let wanted = count;
		for (;;) {
			const piece = this.#rest.subarray(0, wanted);
			pieces.push(piece);
			this.#rest = this.#rest.subarray(piece.length);
			wanted -= piece.length;
			if (wanted === 0) return Buffer.concat(pieces);
			if (!(await this.#fill())) return undefined;
		}
	}

	/** Passes over so many bytes. @returns whether there were as many */
	async skip(count: number): Promise<boolean> {
		let wanted = count;
		for (;;) {
			const passed = Math.min(wanted, this.#rest.length);
			this.#rest = this.#rest.subarray(passed);
			wanted -= passed;
			if (wanted === 0) return true;
			if (!(await this.#fill())) return false;
		}
	}

	async #fill(): Promise<boolean> {
		// Only what is waited for counts, and not what is done with it.
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
 * Runs `git cat-file` on what it is asked for, and lets `read` take its answer.
 * @throws AppError `GIT_FAILED`, `GIT_TIMED_OUT`, `GIT_OUTPUT_TOO_LARGE` (exit 1), and what `startGit` throws
 */
async function withCatFile<T>(
	place: GitPlace,
	mode: "--batch" | "--batch-check",
	asked: readonly string[],
	read: (reader: ByteReader) => Promise<T>,
): Promise<T> {
	const child = await startGit(place, ["cat-file", mode]);
	let isSilent = false;
	const end = () => {
		isSilent = true;
		child.kill("SIGKILL");
	};
	// `once` fails where the program cannot be started.
	const closed = once(child, "close") as Promise<[number | null]>;
	closed.catch(() => undefined);
	// A git that fails at once reads nothing of what it is asked; its status tells.
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

/** What git says of one object. */
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

/** What stands under names such as `COMMIT:./PATH`, in their order; undefined where nothing does. */
export function findObjects(place: GitPlace, names: readonly string[]): Promise<(FoundObject | undefined)[]> {
	return withCatFile(place, "--batch-check", names, async (reader) => {
		const found: (FoundObject | undefined)[] = [];
		for (let line = await reader.line(); line !== undefined; line = await reader.line())
			found.push(parseHeader(line));
		return found;
	});
}

/**
 * Reads objects that are there, by their ids.
 * @param bytesMax what one may have at most
 * @param visit called with each, in order; nothing of it is kept
 * @param tooLarge called with those that have more, which are passed over
 * @throws AppError `FILE_TOO_LARGE` (exit 1), before an object that has more is read, where nobody takes it; as
 *   `withCatFile`
 */
export function readObjects(
	place: GitPlace,
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
			// One line feed stands behind each.
			const bytes = object && (await reader.take(object.size + 1));
			if (!object || !bytes) throw gitFailed("cat-file", 128, place);
			visit(object.id, bytes.subarray(0, -1));
		}
	});
}
