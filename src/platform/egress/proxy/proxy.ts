/**
 * The egress proxy: every connection and every DNS query of every function goes through it. It knows functions by the
 * addresses of their networks, which a function cannot choose, and holds each to its policy.
 */
import type { Socket as DatagramSocket } from "node:dgram";
import type { Socket } from "node:net";
import { type Addresses, type LoopbackAlias, loopbackAliases } from "../addressing.ts";
import { parseAllowNet } from "../allow-net.ts";
import { canonicalAddress } from "../public-addresses.ts";
import { answerQuery, type NameResolver } from "./dns.ts";
import type { Report } from "./messages.ts";
import { EgressPolicy, type PlatformRules } from "./policy.ts";
import { Refusals } from "./refusals.ts";
import { relay, type Target } from "./relay.ts";

/** More than any pool opens; a function that leaks connections meets its own bound first. */
const CONNECTIONS_MAX = 1_024;
const QUERIES_MAX = 256;
const DNS_PORT = 53;
/** A query by TCP has its length in front, in two bytes. */
const LENGTH_BYTES = 2;
const TCP_QUERY_MS = 10_000;

/** A function that is admitted. */
interface FunctionClient {
	readonly policy: EgressPolicy;
	readonly refusals: Refusals;
	readonly connections: Set<Socket>;
	queries: number;
}

export interface ProxyOptions {
	readonly allowNet: readonly string[];
	/** The machine's own addresses at this moment. */
	readonly ownAddresses: () => ReadonlySet<string>;
	readonly resolver: NameResolver;
	readonly nowMs: () => number;
	readonly report: (report: Report) => void;
}

export class EgressProxy {
	readonly #options: ProxyOptions;
	readonly #platform: PlatformRules;
	readonly #aliases: ReadonlyMap<string, LoopbackAlias>;
	readonly #clients = new Map<string, FunctionClient>();

	/** @throws AppError `ALLOW_NET_INVALID` (exit 2) */
	constructor(options: ProxyOptions) {
		this.#options = options;
		const allowed = parseAllowNet(options.allowNet);
		this.#platform = { allowed, isOwn: (address) => options.ownAddresses().has(address) };
		this.#aliases = new Map(loopbackAliases(allowed).map((alias) => [alias.address, alias]));
	}

	/** Knows a function from here on. @param network the hosts that it may reach; null for the public internet */
	admit(addresses: Addresses, network: readonly string[] | null): void {
		const { nowMs, report } = this.#options;
		const [address] = addresses;
		const member = {
			policy: new EgressPolicy(network ?? undefined, this.#platform),
			refusals: new Refusals((what, count) => report({ event: "refused", address, what, count }), nowMs),
			connections: new Set<Socket>(),
			queries: 0,
		};
		for (const each of addresses) if (each !== null) this.#clients.set(each, member);
		report({ event: "admitted", address });
	}

	/** Ends what a function has open, and knows it no more. */
	dismiss(addresses: Addresses): void {
		for (const address of addresses) {
			if (address === null) continue;
			for (const socket of this.#clients.get(address)?.connections ?? []) socket.destroy();
			this.#clients.delete(address);
		}
	}

	/** Takes a connection of a function's. @param client its local address is where the function wanted to go */
	accept(client: Socket): void {
		client.on("error", () => client.destroy());
		const member = this.#clients.get(canonicalAddress(client.remoteAddress ?? ""));
		const target = this.#targetOf(client);
		if (member === undefined || target === undefined) return void client.resetAndDestroy();
		if (member.connections.size >= CONNECTIONS_MAX) {
			member.refusals.add(`more than ${CONNECTIONS_MAX} connections at once`);
			return void client.resetAndDestroy();
		}
		member.connections.add(client);
		const forget = () => void member.connections.delete(client);
		client.once("close", forget);
		if (target.port === DNS_PORT && !this.#isException(target)) return void this.#serveDns(client, member);
		const refusal = member.policy.refusalReason(target.address, target.port, this.#options.nowMs());
		if (refusal === undefined) return void relay(client, target, forget);
		member.refusals.add(`a connection to ${target.address} port ${target.port}, which ${refusal}`);
		client.resetAndDestroy();
	}

	/** Answers a datagram that came from a function, if it is a DNS query. */
	async query(
		message: Uint8Array,
		from: { address: string; port: number },
		socket: DatagramSocket,
	): Promise<void> {
		const member = this.#clients.get(canonicalAddress(from.address));
		if (member === undefined) return;
		const answer = await this.#answer(member, message, "udp");
		if (answer !== undefined) socket.send(answer, from.port, from.address, () => {});
	}

	#targetOf({ localAddress, localPort }: Socket): Target | undefined {
		if (localAddress === undefined || localPort === undefined) return undefined;
		const address = canonicalAddress(localAddress);
		return { address: this.#aliases.get(address)?.loopback ?? address, port: localPort };
	}

	#isException({ address, port }: Target): boolean {
		return this.#platform.allowed.some(
			(entry) => canonicalAddress(entry.address) === address && (entry.ports?.has(port) ?? true),
		);
	}

	async #answer(
		member: FunctionClient,
		message: Uint8Array,
		transport: "udp" | "tcp",
	): Promise<Buffer | undefined> {
		if (member.queries >= QUERIES_MAX) return undefined;
		member.queries++;
		try {
			const { nowMs, resolver } = this.#options;
			const onRefused = (name: string) =>
				member.refusals.add(
					`a look-up of ${JSON.stringify(name.slice(0, 253))}, which is not in the function's "network"`,
				);
			return await answerQuery(message, transport, { policy: member.policy, resolver, nowMs, onRefused });
		} catch {
			// What cannot be written as an answer has none.
			return undefined;
		} finally {
			member.queries--;
		}
	}

	/** DNS by TCP (RFC 7766): one query after the other, each answered before the next is read. */
	#serveDns(client: Socket, member: FunctionClient): void {
		client.setTimeout(TCP_QUERY_MS, () => client.destroy());
		let pending = Buffer.alloc(0);
		let isAnswering = false;
		const next = async () => {
			const length = pending.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : pending.readUInt16BE(0);
			if (isAnswering || pending.length < LENGTH_BYTES + length) return;
			isAnswering = true;
			client.pause();
			const message = pending.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
			pending = pending.subarray(LENGTH_BYTES + length);
			const answer = await this.#answer(member, message, "tcp");
			isAnswering = false;
			if (answer === undefined) return void client.destroy();
			const size = Buffer.alloc(LENGTH_BYTES);
			size.writeUInt16BE(answer.length);
			client.write(Buffer.concat([size, answer]));
			client.resume();
			await next();
		};
		client.on("end", () => client.end());
		client.on("data", (chunk: Buffer) => {
			pending = Buffer.concat([pending, chunk]);
			void next();
		});
		client.resume();
	}
}
