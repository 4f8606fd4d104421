/**
 * Checks whether secrets and tokens may be sent to an address: by https to any host, by plain http only to this
 * machine. A leaf: imports nothing.
 */

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** An address's origin, or why nothing may be sent there. */
export type OriginCheck =
	| { readonly origin: string }
	| { readonly fault: "invalid" }
	| { readonly fault: "insecure"; readonly host: string };

/** The origin of an http or https address without credentials. Plain http is allowed only to this machine. */
export function checkOrigin(url: string): OriginCheck {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	const isHttp = parsed?.protocol === "http:" || parsed?.protocol === "https:";
	if (!parsed || !isHttp || parsed.username || parsed.password) return { fault: "invalid" };
	if (parsed.protocol === "http:" && !LOOPBACK.has(parsed.hostname))
		return { fault: "insecure", host: parsed.hostname };
	return { origin: parsed.origin };
}
