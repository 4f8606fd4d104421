/** What one function may connect to, and which names it may look up. Pure but for what it remembers. */
import { isIP } from "node:net";
import type { AllowedAddress } from "../allow-net.ts";
import { canonicalAddress, isPublicAddress } from "../public-addresses.ts";

/** How long an answer counts after it was given. Connections come right after; a pool may keep an answer for a while. */
const RESOLVED_MS = 15 * 60_000;
const RESOLVED_MAX = 2_048;

/** What every function of a platform is held to. */
export interface PlatformRules {
	/** The operator's exceptions. */
	readonly allowed: readonly AllowedAddress[];
	/** Whether an address is this machine's own, by which the platform itself could be reached. */
	isOwn(address: string): boolean;
}

interface Host {
	readonly name: string;
	/** Undefined: every port. */
	readonly port: number | undefined;
}

function parseHost(text: string): Host {
	const [, bracketed, plain = "", port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
	return { name: canonicalName(bracketed ?? plain), port: port === undefined ? undefined : Number(port) };
}

/** The one spelling of a name or an address by which two are compared. */
function canonicalName(name: string): string {
	return isIP(name) === 0 ? name.toLowerCase().replace(/\.$/, "") : canonicalAddress(name);
}

export class EgressPolicy {
	readonly #platform: PlatformRules;
	readonly #hosts: readonly Host[] | undefined;
	/** Address → the listed names that it was the answer for, and until when that counts. */
	readonly #resolved = new Map<string, { names: Set<string>; untilMs: number }>();

	/** @param network the hosts that it may reach, `HOST` or `HOST:PORT`; undefined for the public internet */
	constructor(network: readonly string[] | undefined, common: PlatformRules) {
		this.#platform = common;
		this.#hosts = network?.map(parseHost);
	}

	/** Whether it may ask for a name. One that names its hosts learns nothing of others, and tells nobody by asking. */
	mayResolve(name: string): boolean {
		if (this.#hosts === undefined) return true;
		const asked = canonicalName(name);
		// Services are looked up below the host that offers them: `_mongodb._tcp.db.example.com`.
		const service = asked.replace(/^(?:_[^.]+\.)+/, "");
		return this.#hosts.some((host) => host.name === asked || host.name === service);
	}

	/** Keeps what a name was answered with, so that connections to it are known to be to that name. */
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

	/** Why it may not connect, as the end of a sentence; undefined where it may. @param address literal, as connected to */
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

	/** Whether an address could be connected to on any port: what a name is answered with. */
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
		const learned = this.#resolved.get(address);
		return learned === undefined || learned.untilMs <= nowMs ? new Set() : learned.names;
	}
}
