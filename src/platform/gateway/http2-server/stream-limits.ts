/**
 * Limits the streams of all connections of HTTP/2 together. A stream takes as much as a connection of HTTP/1.1, so the
 * same limits hold: a client that may have 1,000 connections may not have 100 requests on each of them.
 */
import type { ConnectionRefusal } from "../../http/connection-set.ts";
import type { ConnectionLimits } from "../../http/descriptors.ts";
import { PeerCounts } from "../../http/peer.ts";

export class StreamLimits {
	readonly #max: number;
	readonly #peers: PeerCounts;
	readonly #onRefused: (why: ConnectionRefusal) => void;
	#count = 0;

	/** @param onRefused called for each stream that is refused */
	constructor({ max, perPeerMax }: ConnectionLimits, onRefused: (why: ConnectionRefusal) => void) {
		this.#max = max;
		this.#peers = new PeerCounts(perPeerMax);
		this.#onRefused = onRefused;
	}

	/** Counts a stream. @returns a function that counts it out; undefined if it is refused */
	enter(address: string): (() => void) | undefined {
		const why = this.#peers.isFull(address) ? "peer" : this.#count >= this.#max ? "connections" : undefined;
		if (why !== undefined) {
			this.#onRefused(why);
			return undefined;
		}
		this.#count++;
		const leave = this.#peers.add(address);
		return () => {
			this.#count--;
			leave();
		};
	}
}
