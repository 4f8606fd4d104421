/**
 * Answers the DNS queries of functions: one message in, one out (RFC 1035). Names are resolved by the machine's own
 * resolver; a function never speaks to a name server.
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

/** The part of `node:dns/promises` that is used. */
export interface NameResolver {
	/** All addresses of a name, as the machine's programs see them. */
	lookup(name: string, options: { all: true; family: 4 | 6 }): Promise<LookupAddress[]>;
	resolveMx(name: string): Promise<{ priority: number; exchange: string }[]>;
	resolveTxt(name: string): Promise<string[][]>;
	resolveSrv(name: string): Promise<{ priority: number; weight: number; port: number; name: string }[]>;
	resolveCname(name: string): Promise<string[]>;
	resolveNs(name: string): Promise<string[]>;
	resolvePtr(name: string): Promise<string[]>;
}

/** The machine's resolver does not say how long an answer holds. */
const TTL_S = 30;
const RCODE = {
	noError: 0,
	formatError: 1,
	serverFailure: 2,
	noSuchName: 3,
	notImplemented: 4,
	refused: 5,
} as const;
/** Without EDNS an answer by UDP has no more than this. */
const UDP_BYTES_MAX = 512;
const UDP_BYTES_LIMIT = 4_096;

type Rcode = (typeof RCODE)[keyof typeof RCODE];
/** How each type of record but addresses is found. */
type ResolveRecords = (resolver: NameResolver, name: string) => Promise<Answer[]>;

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

/** What the system's resolver says where a name is there and has nothing of what was asked for. */
const EMPTY = new Set(["ENODATA", "EAI_NODATA", "EAI_ADDRFAMILY"]);
const ABSENT = new Set(["ENOTFOUND", "EAI_NONAME"]);

export interface DnsOptions {
	readonly policy: EgressPolicy;
	readonly resolver: NameResolver;
	readonly nowMs: () => number;
	/** Told of each name that the function may not ask for. */
	readonly onRefused: (name: string) => void;
}

/**
 * @param message a query, as it came
 * @param transport by UDP an answer that is too long is cut, and marked so that the asker comes again by TCP
 * @returns the answer; undefined for what is no query, to which nothing is said
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

/** EDNS (RFC 6891) says in an OPT record how much the asker takes. */
function udpBytesMax({ additionals }: Packet): number {
	const size = additionals?.find((record) => record.type === "OPT");
	const asked = size?.type === "OPT" ? size.udpPayloadSize : UDP_BYTES_MAX;
	return Math.min(UDP_BYTES_LIMIT, Math.max(UDP_BYTES_MAX, asked));
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
		const find = RECORD_RESOLVERS[type];
		// What a resolver does not know is answered as empty: clients then go on with addresses.
		if (find === undefined) return { answers: [], rcode: RCODE.noError };
		return { answers: await find(options.resolver, name), rcode: RCODE.noError };
	} catch (error) {
		const code = String((error as { code?: unknown }).code);
		if (EMPTY.has(code)) return { answers: [], rcode: RCODE.noError };
		return { answers: [], rcode: ABSENT.has(code) ? RCODE.noSuchName : RCODE.serverFailure };
	}
}

/** Addresses that nobody could connect to are left out, so that a client does not try them first. */
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
