/**
 * Deno's account of what a process asks leave for (`DENO_AUDIT_PERMISSIONS`), one line of JSON for each time, read from
 * a FIFO: as a file it would grow with every read. It tells which variables a function reads, not what is in them.
 */
import { constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import type { FaultBoundary } from "../faults.ts";

/**
 * The variable that the host asks for right before the function's own code begins, so that the function's reads can be
 * told from the host's. No secret can have this name.
 */
export const AUDIT_BEGIN = "coffer: the function begins";
/** A process that asks more often than that is followed no longer: each time costs it and the platform microseconds. */
const LINES_MAX = 100_000;
/** The longest line that is looked at; a name has 128 characters at the most. */
const LINE_CHARACTERS_MAX = 1_024;
const NAME = /^[A-Za-z0-9_]{1,128}$/;
const CHUNK_BYTES = 64 * 1024;

/** Picks the variables out of what Deno writes, each once. */
export class AuditLines {
	readonly #onRead: (name: string) => void;
	readonly #seen = new Set<string>();
	#rest = "";
	#lines = 0;
	/** What the host itself does comes before. */
	#hasBegun = false;

	constructor(onRead: (name: string) => void) {
		this.#onRead = onRead;
	}

	/** Whether there was more than is looked at. */
	get isFull(): boolean {
		return this.#lines > LINES_MAX;
	}

	write(text: string): void {
		const lines = (this.#rest + text).split("\n");
		this.#rest = (lines.pop() ?? "").slice(0, LINE_CHARACTERS_MAX);
		for (const line of lines) this.#line(line);
	}

	#line(line: string): void {
		this.#lines++;
		const name = line.length > LINE_CHARACTERS_MAX ? undefined : variableOf(line);
		if (name === AUDIT_BEGIN) this.#hasBegun = true;
		if (!this.#hasBegun || name === undefined || this.#seen.has(name) || !NAME.test(name)) return;
		this.#seen.add(name);
		this.#onRead(name);
	}
}

/** The variable that a line is about; a function's own user may write whatever it likes. */
function variableOf(line: string): string | undefined {
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
 * @param onRead called with each variable that the function reads or asks for, once
 * @param faults where an exception ends the following, and the process goes on
 * @throws the system's error where it cannot be opened
 */
function followAudit(path: string, onRead: (name: string) => void, faults: FaultBoundary): Audit {
	const lines = new AuditLines(onRead);
	// Open for writing too, so that it neither waits for the process nor ends where a process closes it.
	const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
	const socket = new Socket({ fd, readable: true, writable: false });
	// A process whose reader has gone goes on.
	const close = () => void socket.destroy();
	socket.unref().on("error", faults.callback(close));
	const hear = (chunk: Buffer) => {
		lines.write(chunk.toString("latin1"));
		if (lines.isFull) close();
	};
	socket.on("data", faults.callback(hear, close));
	return {
		end() {
			if (socket.destroyed) return;
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
	for (let left = LINES_MAX; left > 0; left--) {
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
