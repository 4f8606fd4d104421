/**
 * The connections of an HTTP server, so that it can close without waiting for those on which nothing is asked.
 * (Node's own `closeIdleConnections` passes over a connection that has not sent its first request yet.)
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

function peerOf({ remoteAddress, remotePort }: Socket): string {
	return `${remoteAddress} ${remotePort}`;
}

export class OpenSockets {
	readonly #open = new Set<Socket>();
	/** How many answers each connection still owes. */
	readonly #owed = new Map<Socket, number>();
	#isEnding = false;

	/** To be made before the server listens. */
	constructor(server: Server) {
		/** Those on which TLS is being agreed on, by their peer's address. */
		const beginning = new Map<string, Socket>();
		server.on("connection", (socket: Socket) => {
			const peer = peerOf(socket);
			beginning.set(peer, socket);
			this.#track(socket, () => {
				if (beginning.get(peer) === socket) beginning.delete(peer);
			});
		});
		// Requests come on a socket of its own, around the one that connected.
		server.on("secureConnection", (socket: Socket) => {
			const plain = beginning.get(peerOf(socket));
			if (plain !== undefined) this.#open.delete(plain);
			this.#track(socket);
		});
		server.on("request", ({ socket }, response) => this.hold(socket, response));
	}

	#track(socket: Socket, closed: () => void = () => undefined): void {
		this.#open.add(socket);
		socket.on("close", () => {
			this.#open.delete(socket);
			this.#owed.delete(socket);
			closed();
		});
	}

	/** Keeps a connection open until the answer is out: for those that the server does not emit as `request`. */
	hold(socket: Socket, answer: NodeJS.EventEmitter): void {
		this.#owed.set(socket, (this.#owed.get(socket) ?? 0) + 1);
		answer.once("close", () => {
			const left = (this.#owed.get(socket) ?? 1) - 1;
			if (left > 0) this.#owed.set(socket, left);
			else this.#owed.delete(socket);
			// What was answered may still be on its way out.
			if (left <= 0 && this.#isEnding) socket.destroySoon();
		});
	}

	/** Ends the connections on which nothing is asked, and each other one after its last answer. */
	endUnused(): void {
		this.#isEnding = true;
		for (const socket of this.#open) if (!this.#owed.has(socket)) socket.destroy();
	}
}
