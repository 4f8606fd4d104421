/** Decides which addresses a function may connect to, and which names it may look up. It has state, but no input or output. */
import { isIP } from "node:net";
import type { AllowedAddress } from "../allow-net.ts";
import { canonicalAddress, isPublicAddress } from "../public-addresses.ts";

/**
 * The time for which a DNS answer permits connections to its addresses. Most connections follow at once, but a
 * connection pool may use an answer for some time.
 */
const RESOLVED_MS = 15 * 60_000;
const RESOLVED_MAX = 2_048;

/** The rules that apply to all functions of a platform. */
export interface PlatformRules {
	/** The operator's exceptions. */
	readonly allowed: readonly AllowedAddress[];
	/** Whether an address belongs to this machine. At such an address a function could reach the platform itself. */
	isOwn(address: string): boolean;
}

interface Host {
	readonly name: string;
	/** Undefined means every port. */
	readonly port: number | undefined;
}

function parseHost(text: string): Host {
	const [, bracketed, plain = "", port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
	return { name: canonicalName(bracketed ?? plain), port: port === undefined ? undefined : Number(port) };
}

/** The canonical form of a name or an address, for comparisons. */
function canonicalName(name: string): string {
	return isIP(name) === 0 ? name.toLowerCase().replace(/\.$/, "") : canonicalAddress(name);
}

export class EgressPolicy {
	readonly #platform: PlatformRules;
	readonly #hosts: readonly Host[] | undefined;
	/** Address → the listed names that resolved to it, and when this entry expires. */
	readonly #resolved = new Map<string, { names: Set<string>; untilMs: number }>();

	/** @param network the hosts that the function may reach, `HOST` or `HOST:PORT`; undefined for the public internet */
	constructor(network: readonly string[] | undefined, platform: PlatformRules) {
		this.#platform = platform;
		this.#hosts = network?.map(parseHost);
	}

	/**
	 * Whether the function may resolve a name. A function with a list of hosts cannot resolve other names, because a
	 * query could carry data to a name server.
	 */
	mayResolve(name: string): boolean {
		if (this.#hosts === undefined) return true;
		const asked = canonicalName(name);
		// Names of services are below the name of their host: `_mongodb._tcp.db.example.com`.
		const service = asked.replace(/^(?:_[^.]+\.)+/, "");
		return this.#hosts.some((host) => host.name === asked || host.name === service);
	}

	/** Records the addresses of a name, so that connections to them count as connections to that name. */
	recordResolved(name: string, addresses: readonly string[], nowMs: number): void {
		if (this.#hosts === undefined) return;
		for (const address of addresses.map(canonicalAddress)) {
			const known = this.#resolved.get(address);
			const names = known !== undefined && known.untilMs > nowMs ? known.names : new Set<string>();
			this.#resolved.delete(address);
			this.#resolved.set(address, { names: names.add(canonicalName(name)), untilMs: nowMs + RESOLVED_MS });
		}
		for (const oldest of this.#resolved.keys()) {
			if (this.#resolved.size <= RESOLVED_MAX) break;
			this.#resolved.delete(oldest);
		}
	}

	/**
	 * Why the function may not connect to an address, as the end of a sentence. Undefined if it may.
	 * @param address a literal IP address
	 */
	refusalReason(address: string, port: number, nowMs: number): string | undefined {
		const target = canonicalAddress(address);
		if (!this.#isOpen(target, port)) {
			return this.#platform.isOwn(target)
				? "is an address of the platform's machine"
				: "is not an address of the public internet";
		}
		if (this.#hosts === undefined) return undefined;
		const names = this.#namesOf(target, nowMs);
		const isListed = this.#hosts.some(
			(host) => (host.name === target || names.has(host.name)) && (host.port ?? port) === port,
		);
		return isListed ? undefined : 'is not in the function\'s "network"';
	}

	/** Whether a function may connect to an address on at least one port. DNS answers contain only such addresses. */
	isReachable(address: string): boolean {
		const target = canonicalAddress(address);
		return this.#isAllowed(target) || (isPublicAddress(target) && !this.#platform.isOwn(target));
	}

	#isAllowed(address: string, port?: number): boolean {
		return this.#platform.allowed.some(
			(entry) =>
				canonicalAddress(entry.address) === address &&
				(port === undefined || entry.ports === undefined || entry.ports.has(port)),
		);
	}

	#isOpen(address: string, port: number): boolean {
		if (this.#platform.allowed.some((entry) => canonicalAddress(entry.address) === address)) {
			return this.#isAllowed(address, port);
		}
		return isPublicAddress(address) && !this.#platform.isOwn(address);
	}

	#namesOf(address: string, nowMs: number): ReadonlySet<string> {
		const known = this.#resolved.get(address);
		return known === undefined || known.untilMs <= nowMs ? new Set() : known.names;
	}
}
