/**
 * Deno's account of what a process asks leave for (`DENO_AUDIT_PERMISSIONS`), one line of JSON for each time, read from
 * a FIFO: as a file it would grow with every read. It tells which variables a function reads, not what is in them.
 */
import { constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { NO_READ_AHEAD, PacedReader } from "./paced-reader.ts";
import type { Turns } from "./turns.ts";

/**
 * The variable that the host asks for right before the function's own code begins, so that the function's reads can be
 * told from the host's. No secret can have this name.
 */
export const AUDIT_BEGIN = "coffer: the function begins";
/** A process that asks more often than that is followed no longer: each time costs it and the platform a microsecond. */
const LINES_MAX = 100_000;
/** What is asked for may be long, too. */
const BYTES_MAX = 32 * 1024 * 1024;
/** The longest line that is looked at; a name has 128 characters at the most. */
const LINE_CHARACTERS_MAX = 1_024;
const NAME = /^[A-Za-z0-9_]{1,128}$/;
const VALUE = '"value":"';
const CHUNK_BYTES = 64 * 1024;
/** A FIFO holds so much on Linux, unless somebody asked for more. */
const FIFO_CHUNKS_MAX = 16;

/** Picks the variables out of what Deno writes, each once. */
export class AuditLines {
	readonly #onRead: (name: string) => void;
	readonly #seen = new Set<string>();
	#rest = "";
	#lines = 0;
	#bytes = 0;
	/** What the host itself does comes before. */
	#hasBegun = false;

	constructor(onRead: (name: string) => void) {
		this.#onRead = onRead;
	}

	/** Whether there was more than is looked at. */
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

	/** Whether a line tells of a variable that was told of before: most do, and need not be parsed for that. */
	#isKnown(line: string): boolean {
		const begin = line.indexOf(VALUE) + VALUE.length;
		return begin >= VALUE.length && this.#seen.has(line.slice(begin, line.indexOf('"', begin)));
	}
}

/** The variable that a line is about; a function's own user may write whatever it likes. */
function variableOf(line: string): string | undefined {
	// To parse what is no JSON costs most, since that throws.
	if (!line.startsWith("{") || !line.includes('"env"')) return undefined;
	try {
		const { permission, value } = JSON.parse(line) as { permission?: unknown; value?: unknown };
		return permission === "env" && typeof value === "string" ? value : undefined;
	} catch {
		return undefined;
	}
}

/** A process that is being followed. */
export interface Audit {
	/** Takes what is still in the FIFO, and lets go of it. */
	end(): void;
}

/**
 * Follows one process.
 * @param path of a FIFO
 * @param turns in which it is read: a process that asks faster than that waits
 * @param onRead called with each variable that the function reads or asks for, once
 * @param faults where an exception ends the following, and the process goes on
 * @throws the system's error where it cannot be opened
 */
function followAudit(
	path: string,
	turns: Turns,
	onRead: (name: string) => void,
	faults: FaultBoundary,
): Audit {
	const lines = new AuditLines(onRead);
	// Open for writing too, so that it neither waits for the process nor ends where a process closes it.
	const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
	const socket = new Socket({ fd, readable: true, writable: false, ...NO_READ_AHEAD });
	// A process whose reader has gone goes on.
	const close = () => void socket.destroy();
	socket.unref().on("error", faults.callback(close));
	const onPart = (part: Buffer) => {
		lines.write(part.toString("latin1"));
		if (lines.isFull) close();
		return 0;
	};
	const reader = new PacedReader(socket, { turns, onPart, faults, onFault: close });
	return {
		end() {
			if (socket.destroyed) return;
			lines.write(reader.detach().toString("latin1"));
			lines.write(((socket.read() as Buffer | null) ?? Buffer.alloc(0)).toString("latin1"));
			for (const chunk of leftIn(fd)) lines.write(chunk);
			close();
		},
	};
}

/** As `followAudit`; undefined where it cannot be followed. */
export function tryFollow(...how: Parameters<typeof followAudit>): Audit | undefined {
	try {
		return followAudit(...how);
	} catch {
		return undefined;
	}
}

/** What a FIFO holds at this moment. */
function* leftIn(fd: number): Generator<string> {
	const chunk = Buffer.alloc(CHUNK_BYTES);
	for (let left = FIFO_CHUNKS_MAX; left > 0; left--) {
		let length: number;
		try {
			length = readSync(fd, chunk);
		} catch {
			// It is empty.
			return;
		}
		if (length === 0) return;
		yield chunk.toString("latin1", 0, length);
	}
}
