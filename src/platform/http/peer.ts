/** Counts connections and requests by peer, for the limits of each peer. */
import { isIPv6 } from "node:net";

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
	const [left = "", right] = address.toLowerCase().split("::");
	const groups = left === "" ? [] : left.split(":");
	const last = right === undefined || right === "" ? [] : right.split(":");
	// An IPv4 part in an IPv6 address stands for two groups.
	const width = groups.length + last.length + (address.includes(".") ? 1 : 0);
	if (right !== undefined) groups.push(...Array<string>(8 - width).fill("0"), ...last);
	const numbers = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
	return `${numbers.join(":")}::/64`;
}

/** The key of a peer: an IPv4 address, or the /64 network from which an IPv6 host picks its addresses. */
export function peerOf(address: string): string {
	const [bare = ""] = address.split("%");
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
	if (mapped !== undefined) return mapped;
	return isIPv6(bare) ? networkOf(bare) : bare;
}

function isLoopback(address: string): boolean {
	return address === "::1" || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}

/** Counts by peer. Programs on this machine are not limited: a reverse proxy is one peer but serves many clients. */
export class PeerCounts {
	readonly #max: number;
	readonly #counts = new Map<string, number>();

	/** @param max the limit of one peer */
	constructor(max: number) {
		this.#max = max;
	}

	/** Whether a peer has reached its limit. */
	isFull(address: string): boolean {
		return !isLoopback(address) && (this.#counts.get(peerOf(address)) ?? 0) >= this.#max;
	}

	/** Adds one. @returns a function that removes it again. Call it once. */
	add(address: string): () => void {
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
