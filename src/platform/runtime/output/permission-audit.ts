/**
 * Reads Deno's permission audit (`DENO_AUDIT_PERMISSIONS`): one line of JSON for each permission that a process
 * uses. It is read from a FIFO, because a file would grow with every access. It shows which environment
 * variables a function reads, and not their values.
 */
import { constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { NO_READ_AHEAD, PacedReader } from "./paced-reader.ts";
import type { ReadScheduler } from "./read-scheduler.ts";

/**
 * The variable that the host reads directly before the function's code begins. It separates the function's
 * reads from the host's. No secret can have this name.
 */
export const AUDIT_BEGIN = "coffer: the function begins";
/**
 * The most lines of one process. Further lines are not read, because each line costs the process and the platform a
 * microsecond.
 */
const LINES_MAX = 100_000;
/** The most bytes of one process, because each line may be long. */
const BYTES_MAX = 32 * 1024 * 1024;
/** The longest line that is parsed. A variable's name has at most 128 characters. */
const LINE_CHARACTERS_MAX = 1_024;
const NAME = /^[A-Za-z0-9_]{1,128}$/;
const VALUE = '"value":"';
const CHUNK_BYTES = 64 * 1024;
/** The capacity of a FIFO on Linux, unless a process has enlarged it. */
const FIFO_CHUNKS_MAX = 16;

/** Extracts the names of variables from the audit, each name once. */
export class AuditLines {
	readonly #onRead: (name: string) => void;
	readonly #seen = new Set<string>();
	#rest = "";
	#lines = 0;
	#bytes = 0;
	/** Whether the function's code has begun. Earlier lines come from the host. */
	#hasBegun = false;

	constructor(onRead: (name: string) => void) {
		this.#onRead = onRead;
	}

	/** Whether a limit is reached. */
	get isFull(): boolean {
		return this.#lines > LINES_MAX || this.#bytes > BYTES_MAX;
	}

	write(text: string): void {
		this.#bytes += text.length;
		const lines = (this.#rest + text).split("\n");
		this.#rest = (lines.pop() ?? "").slice(0, LINE_CHARACTERS_MAX + 1);
		for (const line of lines) this.#line(line);
	}

	#line(line: string): void {
		this.#lines++;
		if (line.length > LINE_CHARACTERS_MAX || this.#isKnown(line)) return;
		const name = variableOf(line);
		if (name === AUDIT_BEGIN) this.#hasBegun = true;
		if (!this.#hasBegun || name === undefined || this.#seen.has(name) || !NAME.test(name)) return;
		this.#seen.add(name);
		this.#onRead(name);
	}

	/** Whether a line names a variable that is already reported. Most lines do, and need not be parsed. */
	#isKnown(line: string): boolean {
		const begin = line.indexOf(VALUE) + VALUE.length;
		return begin >= VALUE.length && this.#seen.has(line.slice(begin, line.indexOf('"', begin)));
	}
}

/**
 * The variable that a line names; undefined for any other line. The function itself may write anything into the
 * FIFO.
 */
function variableOf(line: string): string | undefined {
	// `JSON.parse` costs most for invalid JSON, because it throws.
	if (!line.startsWith("{") || !line.includes('"env"')) return undefined;
	try {
		const { permission, value } = JSON.parse(line) as { permission?: unknown; value?: unknown };
		return permission === "env" && typeof value === "string" ? value : undefined;
	} catch {
		return undefined;
	}
}

/** A process whose audit is being read. */
export interface Audit {
	/** Reads the data that is in the FIFO now, without a wait. */
	settle(): void;
	/** Reads the data that remains in the FIFO and closes it. */
	end(): void;
}

/**
 * Follows the audit of one process.
 * @param path the path of a FIFO
 * @param scheduler reads the FIFO; a process that writes faster has to wait
 * @param onRead called once with each variable that the function reads or looks up
 * @param faults handles an exception, after which the audit is no longer read and the process runs on
 * @throws the system's error if the FIFO cannot be opened
 */
function followAudit(
	path: string,
	scheduler: ReadScheduler,
	onRead: (name: string) => void,
	faults: FaultBoundary,
): Audit {
	const lines = new AuditLines(onRead);
	// It is also opened for writing, so that the open does not wait for the process, and the FIFO does not end when the
	// process closes it.
	const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
	const socket = new Socket({ fd, readable: true, writable: false, ...NO_READ_AHEAD });
	// The process keeps running without a reader.
	const close = () => void socket.destroy();
	socket.unref().on("error", faults.callback(close));
	const onChunk = (part: Buffer) => {
		lines.write(part.toString("latin1"));
		if (lines.isFull) close();
		return 0;
	};
	const reader = new PacedReader(socket, { scheduler, onChunk, faults, onFault: close });
	return {
		settle() {
			if (socket.destroyed) return;
			// The stream's data comes before the data that is still in the FIFO. `read` passes it to the reader.
			socket.read();
			reader.flush();
			faults.run(() => {
				for (const chunk of bufferedIn(fd)) lines.write(chunk);
			}, close);
			if (lines.isFull) close();
		},
		end() {
			if (socket.destroyed) return;
			lines.write(reader.detach().toString("latin1"));
			lines.write(((socket.read() as Buffer | null) ?? Buffer.alloc(0)).toString("latin1"));
			for (const chunk of bufferedIn(fd)) lines.write(chunk);
			close();
		},
	};
}

/** Like `followAudit`, but returns undefined if the audit cannot be followed. */
export function tryFollowAudit(...args: Parameters<typeof followAudit>): Audit | undefined {
	try {
		return followAudit(...args);
	} catch {
		return undefined;
	}
}

/** The data that is in a FIFO at this moment. */
function* bufferedIn(fd: number): Generator<string> {
	const chunk = Buffer.alloc(CHUNK_BYTES);
	for (let chunks = 0; chunks < FIFO_CHUNKS_MAX; chunks++) {
		let length: number;
		try {
			length = readSync(fd, chunk);
		} catch {
			// The FIFO is empty.
			return;
		}
		if (length === 0) return;
		yield chunk.toString("latin1", 0, length);
	}
}
