/**
 * The control socket between the platform and the host in a function's process: lines of JSON. What comes in is as
 * hostile as the function: it may say anything, at any length and as often as it can.
 */
import { chmodSync, chownSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { User } from "../../machine/users.ts";
import { NO_READ_AHEAD, PacedReader } from "../output/paced-reader.ts";
import type { Turns } from "../output/turns.ts";

/** A message is far shorter; the rest of a line that is longer is thrown away. */
const MESSAGE_CHARACTERS_MAX = 64;
const PING = "ping\n";

export interface ControlOptions {
	/** Of the socket, in a folder where nobody but the platform can put anything. */
	readonly path: string;
	/** Who may connect; the platform's own user where undefined. */
	readonly user: User | undefined;
	/** In which it is read. */
	readonly turns: Turns;
	/** One line without its line feed, sent once it is there. */
	readonly handover: Promise<string>;
	/** Called when the process says that it accepts connections; not again before what it returned has settled. */
	readonly onListening: () => Promise<void>;
	/** Called with whether it has work that goes on after its responses. */
	readonly onHolding: (isHeld: boolean) => void;
	/** Called when it answers a ping. */
	readonly onPong: () => void;
	/** Called where it cannot be reached at all. */
	readonly onError: () => void;
	/** Where an exception ends. A message that it kept from being heard is lost; a start that waits for it fails in time. */
	readonly faults: FaultBoundary;
}

/** What a part of the conversation says, in the end: of what is said twice, the last holds. */
export interface Said {
	isListening?: true;
	isHeld?: boolean;
	isPong?: true;
}

/** Reads messages out of text that comes in parts. */
export class Messages {
	#rest = "";
	#isSkipping = false;

	read(part: string): Said {
		const said: Said = {};
		let start = 0;
		for (let end = part.indexOf("\n"); end !== -1; end = part.indexOf("\n", start)) {
			if (!this.#isSkipping && this.#rest.length + end - start <= MESSAGE_CHARACTERS_MAX)
				note(said, this.#rest + part.slice(start, end));
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

function note(said: Said, line: string): void {
	if (line === '{"ready":true}') said.isListening = true;
	else if (line === '{"pong":true}') said.isPong = true;
	else if (line === '{"holding":true}') said.isHeld = true;
	else if (line === '{"holding":false}') said.isHeld = false;
}

/** The open connection tells the host that the platform lives. */
export class Control {
	readonly #options: ControlOptions;
	readonly #server: Server;
	#socket: Socket | undefined;
	/** What the process said last is dealt with; and whether it said so again meanwhile. */
	#isListening = false;
	#isListeningAgain = false;

	constructor(options: ControlOptions) {
		this.#options = options;
		const { faults, onError } = options;
		const talk = faults.callback((socket: Socket) => this.#talk(socket), onError);
		this.#server = createServer(NO_READ_AHEAD, talk);
		this.#server.on("error", faults.callback(onError));
		this.#server.listen(options.path);
		if (options.user !== undefined) openTo(options.user, options.path);
	}

	/** Asks whether it is there, unless it has not even read what it was sent before. */
	ping(): void {
		if (this.#socket?.writableLength === 0) this.#socket.write(PING);
	}

	/** Accepts nobody any more. A conversation ends with the process. */
	close(): void {
		this.#server.close();
	}

	#talk(socket: Socket): void {
		this.#server.close();
		this.#socket = socket;
		const { faults, handover, turns } = this.#options;
		const close = () => void socket.destroy();
		socket.on("error", close);
		socket.unref();
		faults.run(async () => socket.write(`${await handover}\n`), close);
		const messages = new Messages();
		const onPart = (part: Buffer) => {
			this.#hear(messages.read(part.toString("latin1")));
			return 0;
		};
		new PacedReader(socket, { turns, onPart, faults });
	}

	#hear({ isHeld, isListening, isPong }: Said): void {
		if (isPong) this.#options.onPong();
		if (isHeld !== undefined) this.#options.onHolding(isHeld);
		if (isListening) this.#options.faults.run(() => this.#listen(), this.#options.onError);
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

/** Lets a function's user connect to a socket that was just made. */
function openTo({ gid }: User, path: string): void {
	try {
		chownSync(path, 0, gid);
		chmodSync(path, 0o660);
	} catch {
		// It was not made, which the server says itself.
	}
}
