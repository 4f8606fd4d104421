/**
 * The control socket between the platform and the host in a function's process. Messages are lines of JSON.
 * Input from the process is untrusted: it may contain anything, at any length and rate.
 */
import { chmodSync, chownSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { User } from "../../machine/users.ts";
import { NO_READ_AHEAD, PacedReader } from "../output/paced-reader.ts";
import type { ReadScheduler } from "../output/read-scheduler.ts";
import { timer } from "./deferred.ts";

/** The longest message, which is a cron job. The rest of a longer line is discarded. */
const MESSAGE_CHARACTERS_MAX = 768;
/** The most messages about cron jobs and the app's store in one chunk. Further ones are discarded. */
const OTHER_MESSAGES_MAX = 200;
/** The answer to a ping: its number, and whether the process has work that continues after its responses. */
const PONG = /^\{"pong":(\d{1,15}),"holding":(true|false)\}$/;
/** The longest wait for the answer to a ping. */
const ANSWER_MS = 1_000;

export interface ControlOptions {
	/** The path of the socket, in a folder to which only the platform can write. */
	readonly path: string;
	/** The user that may connect; undefined for the platform's own user. */
	readonly user: User | undefined;
	/** Reads the socket. */
	readonly scheduler: ReadScheduler;
	/**
	 * The first message to the process: one line without the line feed. It is sent when the promise resolves.
	 */
	readonly handover: Promise<string>;
	/**
	 * Called when the process reports that it accepts connections. Not called again before the returned promise
	 * has settled.
	 */
	readonly onListening: () => Promise<void>;
	/** Called when the process reports whether it has work that continues after its responses. */
	readonly onHolding: (isHeld: boolean) => void;
	/** Called when the process answers a ping. */
	readonly onPong: () => void;
	/** Called with each message about cron jobs, and each request for the app's store: any JSON. */
	readonly onMessage: (message: unknown) => void;
	/** Called if the process cannot be reached at all. */
	readonly onError: () => void;
	/**
	 * Handles exceptions. A message whose processing throws is lost, and a start that waits for it reaches its time limit.
	 */
	readonly faults: FaultBoundary;
}

/** The messages in one chunk. If a message is repeated, the last one is used. */
export interface ControlMessages {
	isListening?: true;
	isHeld?: boolean;
	/** The number of the ping that is answered. */
	pong?: number;
	/** The messages about cron jobs and the app's store, in their order. */
	others?: unknown[];
}

/** Reads messages from a stream of text chunks. */
export class MessageReader {
	#rest = "";
	#isSkipping = false;

	read(part: string): ControlMessages {
		const said: ControlMessages = {};
		let start = 0;
		for (let end = part.indexOf("\n"); end !== -1; end = part.indexOf("\n", start)) {
			if (!this.#isSkipping && this.#rest.length + end - start <= MESSAGE_CHARACTERS_MAX)
				applyMessage(said, this.#rest + part.slice(start, end));
			this.#rest = "";
			this.#isSkipping = false;
			start = end + 1;
		}
		if (this.#isSkipping || this.#rest.length + part.length - start > MESSAGE_CHARACTERS_MAX) {
			this.#rest = "";
			this.#isSkipping = true;
		} else this.#rest += part.slice(start);
		return said;
	}
}

function applyMessage(said: ControlMessages, line: string): void {
	if (line === '{"ready":true}') said.isListening = true;
	else if (line === '{"holding":true}') said.isHeld = true;
	else if (line === '{"holding":false}') said.isHeld = false;
	else if (/^\{"(?:cron|ran|kv)":/.test(line)) addOther(said, line);
	else applyPong(said, line);
}

function applyPong(said: ControlMessages, line: string): void {
	const [, number, isHeld] = PONG.exec(line) ?? [];
	if (number === undefined) return;
	said.pong = Number(number);
	said.isHeld = isHeld === "true";
}

function addOther(said: ControlMessages, line: string): void {
	said.others ??= [];
	if (said.others.length >= OTHER_MESSAGES_MAX) return;
	try {
		said.others.push(JSON.parse(line));
	} catch {
		// The host writes only JSON, so the function wrote this text.
	}
}

/**
 * The platform's end of the control socket. While the connection is open, the host knows that the platform
 * runs.
 */
export class ControlSocket {
	readonly #options: ControlOptions;
	readonly #server: Server;
	#socket: Socket | undefined;
	/**
	 * Whether a report that the process listens is being handled; and whether another one arrived in the meantime.
	 */
	#isListening = false;
	#isListeningAgain = false;
	/** The number of the last ping. */
	#pings = 0;
	/** The calls of `answer` that wait: the number of their ping, and what ends the wait. */
	#awaiting: { readonly ping: number; readonly resolve: () => void }[] = [];

	constructor(options: ControlOptions) {
		this.#options = options;
		const { faults, onError } = options;
		const talk = faults.callback((socket: Socket) => this.#accept(socket), onError);
		this.#server = createServer(NO_READ_AHEAD, talk);
		this.#server.on("error", faults.callback(onError));
		this.#server.listen(options.path);
		if (options.user !== undefined) allowUser(options.user, options.path);
	}

	/** Sends a ping, unless the process has not read the previous one yet. */
	ping(): void {
		if (this.#socket?.writableLength === 0) this.#sendPing();
	}

	#sendPing(): number {
		this.send(`ping ${++this.#pings}`);
		return this.#pings;
	}

	/**
	 * Sends a ping. Resolves when the process answers this one, and thus when everything that it sent before has been handled;
	 * at once if it is not connected, and after a second in any case.
	 */
	async answer(): Promise<void> {
		if (this.#socket === undefined) return;
		const limit = timer(ANSWER_MS);
		const ping = this.#sendPing();
		const answered = new Promise<void>((resolve) => this.#awaiting.push({ ping, resolve }));
		await Promise.race([answered, limit.elapsed]);
		limit.cancel();
	}

	/** Sends a line, if the process is connected. */
	send(line: string): void {
		this.#socket?.write(`${line}\n`);
	}

	/** Accepts no further connection. An open connection ends with the process. */
	close(): void {
		this.#server.close();
	}

	#accept(socket: Socket): void {
		this.#server.close();
		this.#socket = socket;
		const { faults, handover, scheduler } = this.#options;
		const close = () => void socket.destroy();
		socket.on("error", close);
		socket.unref();
		faults.run(async () => socket.write(`${await handover}\n`), close);
		const messages = new MessageReader();
		const onChunk = (part: Buffer) => {
			this.#handle(messages.read(part.toString("latin1")));
			return 0;
		};
		new PacedReader(socket, { scheduler, onChunk, faults });
	}

	#handle({ isHeld, isListening, others, pong }: ControlMessages): void {
		for (const message of others ?? []) this.#options.onMessage(message);
		if (isHeld !== undefined) this.#options.onHolding(isHeld);
		if (pong !== undefined) this.#answered(pong);
		if (isListening) this.#options.faults.run(() => this.#listen(), this.#options.onError);
	}

	/** An answer to an earlier ping may have been sent before the function began work that continues. */
	#answered(pong: number): void {
		this.#options.onPong();
		for (const { ping, resolve } of this.#awaiting) if (ping <= pong) resolve();
		this.#awaiting = this.#awaiting.filter(({ ping }) => ping > pong);
	}

	async #listen(): Promise<void> {
		this.#isListeningAgain = true;
		if (this.#isListening) return;
		this.#isListening = true;
		while (this.#isListeningAgain) {
			this.#isListeningAgain = false;
			await this.#options.onListening();
		}
		this.#isListening = false;
	}
}

/** Lets a function's user connect to a new socket. */
function allowUser({ gid }: User, path: string): void {
	try {
		chownSync(path, 0, gid);
		chmodSync(path, 0o660);
	} catch {
		// The socket was not created. The server reports that itself.
	}
}
