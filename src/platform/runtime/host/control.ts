/**
 * The host's end of the control socket. It receives the handover, answers the platform's pings and reports the
 * function's state. The function runs in the same realm and may replace any global, so this module keeps references to
 * the globals that it needs later.
 */

import type { Outcome, Registration } from "./cron/cron.ts";

const { exit } = Deno;
const { UnexpectedEof } = Deno.errors;
const { apply } = Reflect;
const { subarray } = Uint8Array.prototype;
const { indexOf, slice } = String.prototype;
const { parse, stringify } = JSON;
const { push, shift } = Array.prototype;
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);
const decoder = new TextDecoder();
const decode = decoder.decode.bind(decoder);

/** A request of the platform to run a cron job. */
interface Run {
	readonly id: number;
	readonly name: string;
}

/**
 * The messages to the platform, as lines of JSON: the function serves, it asks for the store, and whether there is work
 * that continues after the responses. The answer to a ping says that too, with the number of the ping. Before the first
 * of these, a line for each cron job; later, a line for each of their runs.
 */
const LINES = {
	ready: encoder.encode('{"ready":true}\n'),
	kv: encoder.encode('{"kv":true}\n'),
	holding: encoder.encode('{"holding":true}\n'),
	done: encoder.encode('{"holding":false}\n'),
};

/** How the line of a ping begins; its number follows. */
const PING = "ping ";

/** Whether the platform listens for a connection to the store: it does, it cannot, or it has no stores. */
export type StoreAnswer = "kv" | "no-kv" | "kv-refused";

export class Control {
	readonly #connection: Deno.Conn;
	readonly #read: (into: Uint8Array) => Promise<number | null>;
	readonly #write: (bytes: Uint8Array) => Promise<number>;
	readonly #chunk = new Uint8Array(1024);
	#rest = "";
	/** The callbacks that wait for a socket of the store. */
	readonly #storeAnswers: ((answer: StoreAnswer) => void)[] = [];
	/** Lines that are sent before all others: cron jobs, and how their runs ended. The platform limits their number. */
	readonly #lines: Uint8Array[] = [];
	#owesReady = false;
	/** The number of the last ping that is not answered. */
	#unanswered: string | undefined;
	#isPending = false;
	/** The last report about pending work. */
	#reportedPending = false;
	#isWriting = false;

	private constructor(connection: Deno.Conn) {
		this.#connection = connection;
		this.#read = connection.read.bind(connection);
		this.#write = connection.write.bind(connection);
	}

	/** @param path the path of the socket */
	static async open(path: string): Promise<Control> {
		return new Control(await Deno.connect({ transport: "unix", path }));
	}

	/** Reads the first line of JSON. @throws if the platform closes the connection before */
	async handover(): Promise<string> {
		const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		const chunk = new Uint8Array(65_536);
		let text = "";
		for (;;) {
			const length = await this.#read(chunk);
			if (length === null) throw new UnexpectedEof("The platform closed the connection.");
			text += decoder.decode(chunk.subarray(0, length), { stream: true });
			if (text.endsWith("\n")) return text;
		}
	}

	/**
	 * Answers the platform from now on, and ends the process when the connection closes. It does not keep the process
	 * running.
	 * @param run runs a cron job; must not throw
	 */
	async answer(run: (name: string) => Promise<Outcome>): Promise<never> {
		this.#connection.unref();
		try {
			for (
				let length = await this.#read(this.#chunk);
				length !== null;
				length = await this.#read(this.#chunk)
			)
				this.#handle(this.#rest + decode(apply(subarray, this.#chunk, [0, length])), run);
		} catch {
			// A broken connection is handled like a closed one.
		}
		return exit(143);
	}

	/** Requests that the platform listens for a connection to the app's store. */
	askForStore(): Promise<StoreAnswer> {
		this.#connection.ref();
		const { promise, resolve } = Promise.withResolvers<StoreAnswer>();
		apply(push, this.#storeAnswers, [resolve]);
		apply(push, this.#lines, [LINES.kv]);
		void this.#send();
		return promise;
	}

	#answerStore(answer: StoreAnswer): void {
		apply(shift, this.#storeAnswers, [])?.(answer);
		if (this.#storeAnswers.length === 0) this.#connection.unref();
	}

	/** Handles complete lines: `ping`, whether the platform listens for a connection to the store, or JSON of a run. */
	#handle(text: string, run: (name: string) => Promise<Outcome>): void {
		const nextEnd = (from: number) => apply(indexOf, text, ["\n", from]);
		let start = 0;
		for (let end = nextEnd(0); end !== -1; end = nextEnd(start)) {
			const line = apply(slice, text, [start, end]);
			if (apply(slice, line, [0, PING.length]) === PING) this.#unanswered = apply(slice, line, [PING.length]);
			else if (line === "kv" || line === "no-kv" || line === "kv-refused") this.#answerStore(line);
			else void this.#run(parse(line), run);
			start = end + 1;
		}
		this.#rest = apply(slice, text, [start]);
		void this.#send();
	}

	async #run({ id, name }: Run, run: (name: string) => Promise<Outcome>): Promise<void> {
		const ran = await run(name);
		apply(push, this.#lines, [encode(`${stringify({ ran: id, outcome: ran })}\n`)]);
		void this.#send();
	}

	/** Reports that the function serves. @param crons the cron jobs that are not reported yet */
	ready(crons: readonly Registration[]): void {
		for (const cron of crons) apply(push, this.#lines, [encode(`${stringify({ cron })}\n`)]);
		this.#owesReady = true;
		void this.#send();
	}

	/** Reports whether there is work that continues after the responses, if that has changed. */
	holding(isPending: boolean): void {
		this.#isPending = isPending;
		void this.#send();
	}

	/**
	 * Sends one line at a time. While the platform does not read, no queue builds up, however often the state
	 * changes.
	 */
	async #send(): Promise<void> {
		if (this.#isWriting) return;
		this.#isWriting = true;
		try {
			for (let line = this.#next(); line !== undefined; line = this.#next())
				for (let sent = 0; sent < line.length; ) sent += await this.#write(apply(subarray, line, [sent]));
		} catch {
			// The connection is closed. The code that reads from it handles that.
		}
		this.#isWriting = false;
	}

	#next(): Uint8Array | undefined {
		const line: Uint8Array | undefined = apply(shift, this.#lines, []);
		if (line !== undefined) return line;
		if (this.#owesReady) {
			this.#owesReady = false;
			return LINES.ready;
		}
		const answered = this.#unanswered;
		if (answered !== undefined) {
			this.#unanswered = undefined;
			// Also if it was reported before: if the platform missed that, it would count the process as busy, or as idle,
			// forever.
			this.#reportedPending = this.#isPending;
			return encode(`{"pong":${answered},"holding":${this.#isPending}}\n`);
		}
		if (this.#reportedPending === this.#isPending) return undefined;
		this.#reportedPending = this.#isPending;
		return this.#isPending ? LINES.holding : LINES.done;
	}
}
