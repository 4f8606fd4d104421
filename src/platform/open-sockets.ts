/**
 * The connections of an HTTP server, so that it can close without waiting for those on which nothing is asked.
 * (Node's own `closeIdleConnections` passes over a connection that has not sent its first request yet.)
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

export class OpenSockets {
	readonly #open = new Set<Socket>();
	readonly #busy = new Set<Socket>();
	#isEnding = false;

	/** To be made before the server listens. */
	constructor(server: Server) {
		server.on("connection", (socket: Socket) => {
			this.#open.add(socket);
			socket.on("close", () => this.#open.delete(socket));
		});
		server.on("request", ({ socket }, response) => {
			this.#busy.add(socket);
			response.on("close", () => {
				this.#busy.delete(socket);
				// What was answered may still be on its way out.
				if (this.#isEnding) socket.destroySoon();
			});
		});
	}

	/** Ends the connections with no request under way, and each other one after its answer. */
	endUnused(): void {
		this.#isEnding = true;
		for (const socket of this.#open) if (!this.#busy.has(socket)) socket.destroy();
	}
}
