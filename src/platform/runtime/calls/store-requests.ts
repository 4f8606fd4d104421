/** The requests of a process for a connection to the store of its app. The process is untrusted. */
export class StoreRequests {
	readonly #send: (line: string) => void;
	/** Listens for a connection. Undefined while the process has no function. */
	open: (() => Promise<void>) | undefined;
	/** Whether a connection is being prepared. */
	#isOpening = false;

	/** @param send sends a line to the process */
	constructor(send: (line: string) => void) {
		this.#send = send;
	}

	/** Takes a message of the process. A request while another one is handled is ignored. */
	async read(message: unknown): Promise<void> {
		const isRequest = (message as { kv?: unknown } | null)?.kv === true;
		if (!isRequest || this.#isOpening) return;
		this.#isOpening = true;
		try {
			if (this.open === undefined) throw new Error("The process has no function yet.");
			await this.open();
			this.#send("kv");
		} catch {
			this.#send("no-kv");
		}
		this.#isOpening = false;
	}
}
