/**
 * Decides which headers the gateway forwards. Pure. Headers are flat lists (`[name, value, name, value, …]`), which
 * keep the order, the spelling and every repetition.
 */
import { isField } from "./syntax/fields.ts";

/** Headers of one connection, not of the message (RFC 9110, section 7.6.1, and its predecessors). */
const HOP_BY_HOP = new Set([
	"connection",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
]);
const HOP_BY_HOP_LENGTHS = new Set([...HOP_BY_HOP].map((name) => name.length));

/** Compares lengths first, because most names differ in them. */
function isHopByHop(name: string): boolean {
	return HOP_BY_HOP_LENGTHS.has(name.length) && HOP_BY_HOP.has(name.toLowerCase());
}

/** Headers that the gateway relies on, so a `Connection` header cannot remove them. */
const KEPT = new Set(["host", "content-length"]);
/** Set by the gateway. A client's own values are used only if the operator trusts the client. */
const FORWARDED = new Set(["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);

/** Headers of a run that an automation started: the automation's name, percent-encoded, and the time it was due. */
export const AUTOMATION_HEADERS = { name: "x-coffer-automation", due: "x-coffer-due" } as const;
/**
 * Never forwarded from a client. The gateway sets some of them itself, and a client must not be able to imitate an
 * automation.
 */
const DROPPED = new Set([
	"expect",
	"x-forwarded-prefix",
	"x-request-id",
	...Object.values(AUTOMATION_HEADERS),
]);

export interface Client {
	/** The peer's IP address. */
	address: string;
	/** The value of `x-forwarded-prefix`. */
	prefix: string;
	requestId: string;
	/** Whether the peer is a proxy whose own `x-forwarded-*` headers can be trusted. */
	isTrusted: boolean;
	/** The value of `x-forwarded-proto`. */
	scheme: "http" | "https";
}

/** The names that `Connection` headers list, in lower case. */
function connectionOptions(headers: readonly string[]): Set<string> | undefined {
	let options: Set<string> | undefined;
	for (let index = 0; index < headers.length; index += 2) {
		if (!isField(headers[index] ?? "", "connection")) continue;
		options ??= new Set();
		for (const option of (headers[index + 1] ?? "").split(",")) {
			const name = option.trim().toLowerCase();
			if (!KEPT.has(name)) options.add(name);
		}
	}
	return options;
}

/** Whether a request id that a client sent is safe in a log. Only then is it passed on. */
export function isRequestId(text: unknown): text is string {
	return typeof text === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(text);
}

/**
 * The headers that a function gets.
 * @param raw as the client sent them
 */
export function forwardedRequestHeaders(raw: readonly string[], client: Client): string[] {
	const options = connectionOptions(raw);
	const out: string[] = [];
	const claimed = new Map<string, string>();
	let host = "";
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		const value = raw[index + 1] ?? "";
		const key = name.toLowerCase();
		if (HOP_BY_HOP.has(key) || options?.has(key)) continue;
		if (DROPPED.has(key)) continue;
		if (FORWARDED.has(key)) {
			const before = claimed.get(key);
			claimed.set(key, before === undefined ? value : `${before}, ${value}`);
			continue;
		}
		if (key === "host") host = value;
		out.push(name, value);
	}
	const trusted = (key: string) => (client.isTrusted ? claimed.get(key) : undefined);
	const chain = trusted("x-forwarded-for");
	const forwarded = trusted("forwarded");
	if (forwarded !== undefined) out.push("forwarded", forwarded);
	out.push("x-forwarded-for", chain === undefined ? client.address : `${chain}, ${client.address}`);
	out.push("x-forwarded-proto", trusted("x-forwarded-proto") ?? client.scheme);
	out.push("x-forwarded-host", trusted("x-forwarded-host") ?? host);
	out.push("x-forwarded-prefix", client.prefix, "x-request-id", client.requestId);
	return out;
}

/** The headers that a client gets. The request id is added if the function did not send one. */
export function forwardedResponseHeaders(raw: readonly string[], requestId: string): string[] {
	const options = connectionOptions(raw);
	const out: string[] = [];
	let hasId = false;
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		if (isHopByHop(name) || options?.has(name.toLowerCase())) continue;
		if (isField(name, "x-request-id")) hasId = true;
		out.push(name, raw[index + 1] ?? "");
	}
	if (!hasId) out.push("x-request-id", requestId);
	return out;
}
