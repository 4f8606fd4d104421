/**
 * The one socket on which a function serves. Every way to serve HTTP claims it: `Deno.serve`, `Deno.listen` and the
 * servers of Node. The platform connects to this socket, whatever port the function asks for.
 */
export class ServerSlot {
	/** The path of the Unix socket. */
	socketPath = "";
	/** Called each time that a server accepts connections. */
	onReady: () => void = () => {};
	#wasClaimed = false;
	/** The address that the function asked for, while it is served. */
	#served: string | undefined;

	/** Whether a server was ever started. */
	get wasClaimed(): boolean {
		return this.#wasClaimed;
	}

	/**
	 * @param address what the function asked for, such as `port 3000`
	 * @returns why it cannot be served; undefined if the slot was free
	 */
	claim(address: string): string | undefined {
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
