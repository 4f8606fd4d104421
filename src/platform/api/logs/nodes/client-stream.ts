/** An answer without an end that waits for a slow client. */

/** The most bytes that wait for the client. */
const WAITING_BYTES = 1024 * 1024;

export class ClientStream {
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	readonly #ends: (() => void)[] = [];
	readonly #droppedText: (lines: number) => string;
	readonly #waiting = new Set<() => void>();
	#dropped = 0;
	isOver = false;

	constructor(
		controller: ReadableStreamDefaultController<Uint8Array>,
		droppedText: (lines: number) => string,
	) {
		[this.#controller, this.#droppedText] = [controller, droppedText];
	}

	/** Sends a text. An empty text sends nothing. */
	send(text: string): void {
		if (this.isOver) return;
		const told = this.#dropped > 0 ? this.#droppedText(this.#dropped) : "";
		this.#dropped = 0;
		if (told + text !== "") this.#controller.enqueue(this.#encoder.encode(told + text));
	}

	/** Notes that lines were left out. The client learns it with the next text. */
	drop(lines: number): void {
		this.#dropped += lines;
	}

	/** Resolves once the client has read most of what was sent, or the answer has ended. */
	async room(): Promise<void> {
		while (!this.isOver && (this.#controller.desiredSize ?? 0) <= 0)
			await new Promise<void>((resolve) => this.#waiting.add(resolve));
	}

	/** Call it when the client has read. */
	read(): void {
		for (const wake of this.#waiting) wake();
		this.#waiting.clear();
	}

	/** Runs `end` when the answer ends. */
	onEnd(end: () => void): void {
		if (this.isOver) end();
		else this.#ends.push(end);
	}

	/** Ends the answer after a last text. */
	finish(text: string): void {
		if (this.isOver) return;
		this.send(text);
		this.#controller.close();
		this.gone();
	}

	/** Call it when the client has closed the connection. */
	gone(): void {
		if (this.isOver) return;
		this.isOver = true;
		for (const end of this.#ends) end();
		this.read();
	}
}

/**
 * An answer that `start` writes.
 * @param droppedText tells the client how many lines were left out
 */
export function streamTo(
	start: (client: ClientStream) => void,
	media: string,
	droppedText: (lines: number) => string,
): Response {
	let client: ClientStream | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				client = new ClientStream(controller, droppedText);
				start(client);
			},
			pull: () => client?.read(),
			cancel: () => client?.gone(),
		},
		new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }),
	);
	return new Response(body, { headers: { "content-type": media, "cache-control": "no-store" } });
}
