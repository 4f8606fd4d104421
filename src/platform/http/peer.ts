/** Who counts as one sender of requests, where there is a bound for each. */
import { isIPv6 } from "node:net";

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
	const [left = "", right] = address.toLowerCase().split("::");
	const groups = left === "" ? [] : left.split(":");
	const last = right === undefined || right === "" ? [] : right.split(":");
	// One written as IPv4 is two groups.
	const width = groups.length + last.length + (address.includes(".") ? 1 : 0);
	if (right !== undefined) groups.push(...Array<string>(8 - width).fill("0"), ...last);
	const numbers = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
	return `${numbers.join(":")}::/64`;
}

/** Who is counted as one: an IPv4 address, or the network of 64 bits that an IPv6 host picks its addresses from. */
export function peerOf(address: string): string {
	const [bare = ""] = address.split("%");
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
	if (mapped !== undefined) return mapped;
	return isIPv6(bare) ? networkOf(bare) : bare;
}

function isLoopback(address: string): boolean {
	return address === "::1" || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}

/**
 * Counts what each peer has. Programs on this machine have no bound of their own: a reverse proxy, which is one peer,
 * stands for any number of clients.
 */
export class PeerCounts {
	readonly #max: number;
	readonly #counts = new Map<string, number>();

	/** @param max how much one peer may have */
	constructor(max: number) {
		this.#max = max;
	}

	/** Whether a peer has all that it may have. */
	isFull(address: string): boolean {
		return !isLoopback(address) && (this.#counts.get(peerOf(address)) ?? 0) >= this.#max;
	}

	/** Counts one in. @returns counts it out again; to be called once */
	enter(address: string): () => void {
		if (isLoopback(address)) return () => undefined;
		const peer = peerOf(address);
		this.#counts.set(peer, (this.#counts.get(peer) ?? 0) + 1);
		return () => {
			const left = (this.#counts.get(peer) ?? 1) - 1;
			if (left > 0) this.#counts.set(peer, left);
			else this.#counts.delete(peer);
		};
	}
}
