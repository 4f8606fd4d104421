/**
 * Answers the DNS queries of functions: one message in, one message out (RFC 1035). The machine's own resolver
 * resolves the names. A function never connects to a name server.
 */
import type { LookupAddress } from "node:dns";
import {
	type Answer,
	decode,
	encode,
	type Packet,
	RECURSION_AVAILABLE,
	RECURSION_DESIRED,
	TRUNCATED_RESPONSE,
} from "dns-packet";
import type { EgressPolicy } from "./policy.ts";

/** The part of `node:dns/promises` that the proxy uses. */
export interface NameResolver {
	/** All addresses of a name, with the machine's hosts file and resolver settings applied. */
	lookup(name: string, options: { all: true; family: 4 | 6 }): Promise<LookupAddress[]>;
	resolveMx(name: string): Promise<{ priority: number; exchange: string }[]>;
	resolveTxt(name: string): Promise<string[][]>;
	resolveSrv(name: string): Promise<{ priority: number; weight: number; port: number; name: string }[]>;
	resolveCname(name: string): Promise<string[]>;
	resolveNs(name: string): Promise<string[]>;
	resolvePtr(name: string): Promise<string[]>;
}

/** The time to live of answers. The machine's resolver does not report one. */
const TTL_S = 30;
const RCODE = {
	noError: 0,
	formatError: 1,
	serverFailure: 2,
	noSuchName: 3,
	notImplemented: 4,
	refused: 5,
} as const;
/** The maximum size of an answer by UDP without EDNS. */
const UDP_BYTES_MAX = 512;
/** The maximum with EDNS, even if the query allows more. */
const UDP_BYTES_LIMIT = 4_096;

type Rcode = (typeof RCODE)[keyof typeof RCODE];
type ResolveRecords = (resolver: NameResolver, name: string) => Promise<Answer[]>;

/** How to resolve each record type, except addresses. */
const RECORD_RESOLVERS: Readonly<Record<string, ResolveRecords>> = {
	MX: async (resolver, name) =>
		(await resolver.resolveMx(name)).map(({ priority, exchange }) => ({
			type: "MX",
			name,
			ttl: TTL_S,
			data: { preference: priority, exchange },
		})),
	TXT: async (resolver, name) =>
		(await resolver.resolveTxt(name)).map((data) => ({ type: "TXT", name, ttl: TTL_S, data })),
	SRV: async (resolver, name) =>
		(await resolver.resolveSrv(name)).map(({ name: target, ...rest }) => ({
			type: "SRV",
			name,
			ttl: TTL_S,
			data: { ...rest, target },
		})),
	CNAME: async (resolver, name) =>
		(await resolver.resolveCname(name)).map((data) => ({ type: "CNAME", name, ttl: TTL_S, data })),
	NS: async (resolver, name) =>
		(await resolver.resolveNs(name)).map((data) => ({ type: "NS", name, ttl: TTL_S, data })),
	PTR: async (resolver, name) =>
		(await resolver.resolvePtr(name)).map((data) => ({ type: "PTR", name, ttl: TTL_S, data })),
};

/** The resolver's error codes for a name that exists but has no record of the type. */
const NO_RECORD_CODES = new Set(["ENODATA", "EAI_NODATA", "EAI_ADDRFAMILY"]);
/** The resolver's error codes for a name that does not exist. */
const NO_SUCH_NAME_CODES = new Set(["ENOTFOUND", "EAI_NONAME"]);

export interface DnsOptions {
	readonly policy: EgressPolicy;
	readonly resolver: NameResolver;
	readonly nowMs: () => number;
	/** Called with each name that the function may not resolve. */
	readonly onRefused: (name: string) => void;
}

/**
 * Answers one message.
 * @param message the encoded query
 * @param transport an answer that is too long for UDP is marked as truncated, so that the client repeats the query by TCP
 * @returns the encoded answer; undefined if the message is not a query and gets no answer
 */
export async function answerQuery(
	message: Uint8Array,
	transport: "udp" | "tcp",
	options: DnsOptions,
): Promise<Buffer | undefined> {
	let query: Packet;
	try {
		query = decode(Buffer.from(message));
	} catch {
		return undefined;
	}
	if (query.type !== "query") return undefined;
	const { answers, rcode } = await answersTo(query, options);
	const packet: Packet = {
		type: "response",
		id: query.id ?? 0,
		flags: RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | rcode,
		questions: query.questions?.slice(0, 1) ?? [],
		answers,
	};
	const encoded = encode(packet);
	if (transport === "tcp" || encoded.length <= udpBytesMax(query)) return encoded;
	return encode({ ...packet, flags: (packet.flags ?? 0) | TRUNCATED_RESPONSE, answers: [] });
}

/** The maximum size of an answer by UDP. With EDNS (RFC 6891), the client states its own maximum in an OPT record. */
function udpBytesMax({ additionals }: Packet): number {
	const opt = additionals?.find((record) => record.type === "OPT");
	const clientMax = opt?.type === "OPT" ? opt.udpPayloadSize : UDP_BYTES_MAX;
	return Math.min(UDP_BYTES_LIMIT, Math.max(UDP_BYTES_MAX, clientMax));
}

async function answersTo(query: Packet, options: DnsOptions): Promise<{ answers: Answer[]; rcode: Rcode }> {
	const [question] = query.questions ?? [];
	if (question === undefined || query.questions?.length !== 1)
		return { answers: [], rcode: RCODE.formatError };
	const { name, type } = question;
	if (!options.policy.mayResolve(name)) {
		options.onRefused(name);
		return { answers: [], rcode: RCODE.refused };
	}
	try {
		if (type === "A" || type === "AAAA") return await addresses(name, type, options);
		const resolve = RECORD_RESOLVERS[type];
		// An unknown record type gets an empty answer. Clients then query addresses.
		if (resolve === undefined) return { answers: [], rcode: RCODE.noError };
		return { answers: await resolve(options.resolver, name), rcode: RCODE.noError };
	} catch (error) {
		const code = String((error as { code?: unknown }).code);
		if (NO_RECORD_CODES.has(code)) return { answers: [], rcode: RCODE.noError };
		return { answers: [], rcode: NO_SUCH_NAME_CODES.has(code) ? RCODE.noSuchName : RCODE.serverFailure };
	}
}

/**
 * Resolves addresses. Addresses to which the function may not connect are left out, so that a client does not try them
 * first.
 */
async function addresses(
	name: string,
	type: "A" | "AAAA",
	{ policy, resolver, nowMs }: DnsOptions,
): Promise<{ answers: Answer[]; rcode: Rcode }> {
	const found = await resolver.lookup(name, { all: true, family: type === "A" ? 4 : 6 });
	const usable = found.map(({ address }) => address).filter((address) => policy.isReachable(address));
	policy.recordResolved(name, usable, nowMs());
	return { answers: usable.map((data) => ({ type, name, ttl: TTL_S, data })), rcode: RCODE.noError };
}
