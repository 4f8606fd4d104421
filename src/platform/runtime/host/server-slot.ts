/** The reason why a worker cannot serve. */
export const WORKER_REFUSAL =
	"A worker cannot serve: requests come to the main thread of the function. Serve there, and send messages to the worker.";

/**
 * The one socket on which a function serves. Every way to serve HTTP claims it: `Deno.serve`, `Deno.listen` and the
 * servers of Node. The platform connects to this socket, for any port that the function requests.
 */
export class ServerSlot {
	/** The path of the Unix socket. Empty in a worker. */
	socketPath = "";
	/** Called each time a server starts to accept connections. */
	onReady: () => void = () => {};
	#wasClaimed = false;
	/** The requested address, while it is served. */
	#served: string | undefined;

	/** Whether a server was ever started. */
	get wasClaimed(): boolean {
		return this.#wasClaimed;
	}

	/**
	 * @param address the requested address, such as `port 3000`
	 * @returns the reason why it cannot be served; undefined if the slot was free
	 */
	claim(address: string): string | undefined {
		if (this.socketPath === "") return WORKER_REFUSAL;
		if (this.#served !== undefined)
			return `A function can serve only once: it serves ${this.#served} already, so ${address} is refused.`;
		this.#served = address;
		this.#wasClaimed = true;
		return undefined;
	}

	release(): void {
		this.#served = undefined;
	}
}

export const slot = new ServerSlot();
