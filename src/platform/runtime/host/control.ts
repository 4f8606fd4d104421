/**
 * The host's end of the control socket: takes the hand-over, answers the platform's pings, and says what the function is
 * up to. The function runs in the same realm and may replace any global, so everything that is needed later is kept here.
 */

/** Lines of JSON to the platform: that it serves, that it is there, and whether it has work that goes on after its responses. */
const encoder = new TextEncoder();
const LINES = {
	ready: encoder.encode('{"ready":true}\n'),
	pong: encoder.encode('{"pong":true}\n'),
	holding: encoder.encode('{"holding":true}\n'),
	done: encoder.encode('{"holding":false}\n'),
};

export interface Control {
	/** The first line of JSON that comes. @throws where the platform goes away before */
	handover(): Promise<string>;
	/** Answers pings from then on, and ends the process once the platform is gone; keeps nothing alive by itself. */
	attend(): Promise<never>;
	ready(): void;
	/** Says whether there is such work, where that is not what was said last. */
	holding(isHeld: boolean): void;
}

/** @param path of the socket */
export async function openControl(path: string): Promise<Control> {
	const { exit } = Deno;
	const { UnexpectedEof } = Deno.errors;
	const connection = await Deno.connect({ transport: "unix", path });
	const { apply } = Reflect;
	const { subarray } = Uint8Array.prototype;
	const read = connection.read.bind(connection);
	const write = connection.write.bind(connection);
	const owed = { ready: false, pong: false };
	let isHeld = false;
	let toldHeld = false;
	let isWriting = false;

	function next(): Uint8Array | undefined {
		if (owed.ready) {
			owed.ready = false;
			return LINES.ready;
		}
		if (owed.pong) {
			owed.pong = false;
			return LINES.pong;
		}
		if (toldHeld === isHeld) return undefined;
		toldHeld = isHeld;
		return isHeld ? LINES.holding : LINES.done;
	}

	/** One line at a time: however often something is said while the platform does not listen, nothing piles up. */
	async function say(): Promise<void> {
		if (isWriting) return;
		isWriting = true;
		try {
			for (let line = next(); line !== undefined; line = next())
				for (let sent = 0; sent < line.length; ) sent += await write(apply(subarray, line, [sent]));
		} catch {
			// The platform has gone, which is seen where it is read from.
		}
		isWriting = false;
	}

	return {
		async handover() {
			const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
			const chunk = new Uint8Array(65_536);
			let text = "";
			for (;;) {
				const length = await read(chunk);
				if (length === null) throw new UnexpectedEof("The platform went away.");
				text += decoder.decode(chunk.subarray(0, length), { stream: true });
				if (text.endsWith("\n")) return text;
			}
		},
		async attend() {
			connection.unref();
			const chunk = new Uint8Array(64);
			try {
				while ((await read(chunk)) !== null) {
					owed.pong = true;
					void say();
				}
			} catch {
				// A broken connection means the same as a closed one.
			}
			return exit(143);
		},
		ready() {
			owed.ready = true;
			void say();
		},
		holding(held) {
			isHeld = held;
			void say();
		},
	};
}
