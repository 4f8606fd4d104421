/**
 * The egress proxy. Every TCP connection and every DNS query of a function goes through it. It identifies functions by
 * the addresses of their networks, which a function cannot choose, and applies the policy of each function.
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

/** The maximum number of connections of a function. No connection pool needs as many. */
const CONNECTIONS_MAX = 1_024;
const QUERIES_MAX = 256;
const DNS_PORT = 53;
/** A DNS message by TCP begins with its length, in two bytes. */
const LENGTH_BYTES = 2;
const TCP_QUERY_MS = 10_000;

/** A function that uses the proxy. */
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

	/** Serves a function from now on. @param network the hosts that it may reach; null for the public internet */
	admit(addresses: Addresses, network: readonly string[] | null): void {
		const { nowMs, report } = this.#options;
		const [address] = addresses;
		const client = {
			policy: new EgressPolicy(network ?? undefined, this.#platform),
			refusals: new Refusals((what, count) => report({ event: "refused", address, what, count }), nowMs),
			connections: new Set<Socket>(),
			queries: 0,
		};
		for (const each of addresses) if (each !== null) this.#clients.set(each, client);
		report({ event: "admitted", address });
	}

	/** Closes a function's connections and stops serving it. */
	dismiss(addresses: Addresses): void {
		for (const address of addresses) {
			if (address === null) continue;
			for (const socket of this.#clients.get(address)?.connections ?? []) socket.destroy();
			this.#clients.delete(address);
		}
	}

	/** Accepts a connection of a function. @param socket its local address is the target that the function connected to */
	accept(socket: Socket): void {
		socket.on("error", () => socket.destroy());
		const client = this.#clients.get(canonicalAddress(socket.remoteAddress ?? ""));
		const target = this.#targetOf(socket);
		if (client === undefined || target === undefined) return void socket.resetAndDestroy();
		if (client.connections.size >= CONNECTIONS_MAX) {
			client.refusals.add(`more than ${CONNECTIONS_MAX} connections at once`);
			return void socket.resetAndDestroy();
		}
		client.connections.add(socket);
		const forget = () => void client.connections.delete(socket);
		socket.once("close", forget);
		if (target.port === DNS_PORT && !this.#isException(target)) return void this.#serveDns(socket, client);
		const refusal = client.policy.refusalReason(target.address, target.port, this.#options.nowMs());
		if (refusal === undefined) return void relay(socket, target, forget);
		client.refusals.add(`a connection to ${target.address} port ${target.port}, which ${refusal}`);
		socket.resetAndDestroy();
	}

	/** Answers a datagram from a function if it is a DNS query. */
	async query(
		message: Uint8Array,
		from: { address: string; port: number },
		socket: DatagramSocket,
	): Promise<void> {
		const client = this.#clients.get(canonicalAddress(from.address));
		if (client === undefined) return;
		const answer = await this.#answer(client, message, "udp");
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
		client: FunctionClient,
		message: Uint8Array,
		transport: "udp" | "tcp",
	): Promise<Buffer | undefined> {
		if (client.queries >= QUERIES_MAX) return undefined;
		client.queries++;
		try {
			const { nowMs, resolver } = this.#options;
			const onRefused = (name: string) =>
				client.refusals.add(
					`a look-up of ${JSON.stringify(name.slice(0, 253))}, which is not in the function's "network"`,
				);
			return await answerQuery(message, transport, { policy: client.policy, resolver, nowMs, onRefused });
		} catch {
			// The answer could not be encoded.
			return undefined;
		} finally {
			client.queries--;
		}
	}

	/** Serves DNS by TCP (RFC 7766). Each query is answered before the next one is read. */
	#serveDns(socket: Socket, client: FunctionClient): void {
		socket.setTimeout(TCP_QUERY_MS, () => socket.destroy());
		let pending = Buffer.alloc(0);
		let isAnswering = false;
		const next = async () => {
			const length = pending.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : pending.readUInt16BE(0);
			if (isAnswering || pending.length < LENGTH_BYTES + length) return;
			isAnswering = true;
			socket.pause();
			const message = pending.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
			pending = pending.subarray(LENGTH_BYTES + length);
			const answer = await this.#answer(client, message, "tcp");
			isAnswering = false;
			if (answer === undefined) return void socket.destroy();
			const size = Buffer.alloc(LENGTH_BYTES);
			size.writeUInt16BE(answer.length);
			socket.write(Buffer.concat([size, answer]));
			socket.resume();
			await next();
		};
		socket.on("end", () => socket.end());
		socket.on("data", (chunk: Buffer) => {
			pending = Buffer.concat([pending, chunk]);
			void next();
		});
		socket.resume();
	}
}
