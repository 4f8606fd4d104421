/**
 * The host's end of the control socket: takes the hand-over, answers the platform's pings, and says what the function is
 * up to. The function runs in the same realm and may replace any global, so everything that is needed later is kept here.
 */

const { exit } = Deno;
const { UnexpectedEof } = Deno.errors;
const { apply } = Reflect;
const { subarray } = Uint8Array.prototype;
const encoder = new TextEncoder();

/** Lines of JSON to the platform: that it serves, that it is there, and whether it has work that goes on after its responses. */
const LINES = {
	ready: encoder.encode('{"ready":true}\n'),
	pong: encoder.encode('{"pong":true}\n'),
	holding: encoder.encode('{"holding":true}\n'),
	done: encoder.encode('{"holding":false}\n'),
};

export class Control {
	readonly #connection: Deno.Conn;
	readonly #read: (into: Uint8Array) => Promise<number | null>;
	readonly #write: (bytes: Uint8Array) => Promise<number>;
	readonly #ping = new Uint8Array(64);
	#owesReady = false;
	#owesPong = false;
	#isHeld = false;
	/** What the platform was told of that; undefined where it is to be told again. */
	#toldHeld: boolean | undefined = false;
	#isWriting = false;

	private constructor(connection: Deno.Conn) {
		this.#connection = connection;
		this.#read = connection.read.bind(connection);
		this.#write = connection.write.bind(connection);
	}

	/** @param path of the socket */
	static async open(path: string): Promise<Control> {
		return new Control(await Deno.connect({ transport: "unix", path }));
	}

	/** The first line of JSON that comes. @throws where the platform goes away before */
	async handover(): Promise<string> {
		const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		const chunk = new Uint8Array(65_536);
		let text = "";
		for (;;) {
			const length = await this.#read(chunk);
			if (length === null) throw new UnexpectedEof("The platform went away.");
			text += decoder.decode(chunk.subarray(0, length), { stream: true });
			if (text.endsWith("\n")) return text;
		}
	}

	/** Answers pings from then on, and ends the process once the platform is gone; keeps nothing alive by itself. */
	async attend(): Promise<never> {
		this.#connection.unref();
		try {
			while ((await this.#read(this.#ping)) !== null) {
				this.#owesPong = true;
				void this.#say();
			}
		} catch {
			// A broken connection means the same as a closed one.
		}
		return exit(143);
	}

	/** Says that the function serves. */
	ready(): void {
		this.#owesReady = true;
		void this.#say();
	}

	/** Says whether there is work that goes on after responses, where that is not what was said last. */
	holding(isHeld: boolean): void {
		this.#isHeld = isHeld;
		void this.#say();
	}

	/** One line at a time: however often something is said while the platform does not listen, nothing piles up. */
	async #say(): Promise<void> {
		if (this.#isWriting) return;
		this.#isWriting = true;
		try {
			for (let line = this.#next(); line !== undefined; line = this.#next())
				for (let sent = 0; sent < line.length; ) sent += await this.#write(apply(subarray, line, [sent]));
		} catch {
			// The platform has gone, which is seen where it is read from.
		}
		this.#isWriting = false;
	}

	#next(): Uint8Array | undefined {
		if (this.#owesReady) {
			this.#owesReady = false;
			return LINES.ready;
		}
		if (this.#owesPong) {
			this.#owesPong = false;
			// A message that the platform did not hear would count the process as busy, or as idle, for ever.
			this.#toldHeld = undefined;
			return LINES.pong;
		}
		if (this.#toldHeld === this.#isHeld) return undefined;
		this.#toldHeld = this.#isHeld;
		return this.#isHeld ? LINES.holding : LINES.done;
	}
}
