/** The open connections of one listener: their limits, and which of them are idle. */
import type { ConnectionLimits } from "./descriptors.ts";
import { PeerCounts } from "./peer.ts";

/**
 * Why a connection was refused or cut off: too many connections in all, too many from its peer, or too much that waits
 * on it or is no request.
 */
export type ConnectionRefusal = "connections" | "peer" | "pipeline";

export class ConnectionSet<Connection extends { destroy(): unknown }> {
	readonly #limits: ConnectionLimits;
	readonly #onRefused: (why: ConnectionRefusal) => void;
	/** Each with the function that counts it out at its peer. */
	readonly #open = new Map<Connection, () => void>();
	/** Connections without a request in progress. The one that has been idle longest is the first. */
	readonly #idle = new Set<Connection>();
	readonly #peers: PeerCounts;

	/** @param onRefused called when a connection is closed to make room for another */
	constructor(limits: ConnectionLimits, onRefused: (why: ConnectionRefusal) => void) {
		this.#limits = limits;
		this.#onRefused = onRefused;
		this.#peers = new PeerCounts(limits.perPeerMax);
	}

	/**
	 * Why a new connection has to be refused. If it need not be, there is room for it: perhaps an idle connection was
	 * closed.
	 * @param address the IP address of the peer
	 */
	refusal(address: string): ConnectionRefusal | undefined {
		if (this.#peers.isFull(address)) return "peer";
		if (this.#open.size < this.#limits.max) return undefined;
		const [idlest] = this.#idle;
		if (idlest === undefined) return "connections";
		// A server may close an idle connection at any time, so a new request takes precedence over it.
		this.#onRefused("connections");
		this.delete(idlest);
		idlest.destroy();
		return undefined;
	}

	/** Adds a connection, which is idle. */
	add(connection: Connection, address: string): void {
		this.#open.set(connection, this.#peers.add(address));
		this.#idle.add(connection);
	}

	/** Puts a connection, which is idle, in the place of another one, which keeps the count of its peer. */
	replace(before: Connection, connection: Connection): void {
		const leave = this.#open.get(before);
		if (leave === undefined) return;
		this.#open.delete(before);
		this.#idle.delete(before);
		this.#open.set(connection, leave);
		this.#idle.add(connection);
	}

	has(connection: Connection): boolean {
		return this.#open.has(connection);
	}

	/** @returns whether the connection was there */
	delete(connection: Connection): boolean {
		const leave = this.#open.get(connection);
		if (leave === undefined) return false;
		this.#open.delete(connection);
		this.#idle.delete(connection);
		leave();
		return true;
	}

	/** The connection has a request in progress. */
	setBusy(connection: Connection): void {
		this.#idle.delete(connection);
	}

	/** The connection has no request in progress any more. */
	setIdle(connection: Connection): void {
		if (this.#open.has(connection)) this.#idle.add(connection);
	}

	/** Closes all connections without a request in progress. */
	destroyIdle(): void {
		for (const connection of this.#idle) connection.destroy();
	}

	[Symbol.iterator](): Iterator<Connection> {
		return this.#open.keys();
	}
}
