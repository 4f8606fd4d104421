/**
 * Who may talk to the control API at all: requests by the listener's own name (a page that made its host name
 * resolve to this machine uses another), and never a browser's.
 */
import { isIP } from "node:net";
import { AppError, EXIT } from "../../errors.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const UNSPECIFIED = new Set(["0.0.0.0", "::"]);

export interface HostPolicy {
	/** The address that the listener is bound to. */
	readonly bound: string;
	/** Further host names by which it is reached. */
	readonly names: readonly string[];
}

/** The host name of a Host header, in lower case, brackets kept; undefined where there is none. */
function hostOf(header: string | null): string | undefined {
	return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.exec(header?.toLowerCase() ?? "")?.[1];
}

function isKnown(host: string, { bound, names }: HostPolicy): boolean {
	const address = host.replace(/^\[|\]$/g, "");
	if (LOOPBACK.has(host) || address === bound.toLowerCase()) return true;
	// Bound to every address: any of them, but a name only where it was told.
	if (UNSPECIFIED.has(bound) && isIP(address) !== 0) return true;
	return names.some((name) => name.toLowerCase() === host);
}

/**
 * Lets a request pass.
 * @throws AppError `HOST_UNKNOWN` (421), `ORIGIN_REFUSED` (exit 3)
 */
export function checkCaller(request: Request, policy: HostPolicy): void {
	const host = hostOf(request.headers.get("host") ?? new URL(request.url).host);
	if (host === undefined || !isKnown(host, policy)) {
		throw new AppError({
			code: "HOST_UNKNOWN",
			message: "The platform is not known by the host name of this request.",
			hint: "Use the address that it printed at its start, or name the host with --host.",
			exit: EXIT.usage,
		});
	}
	if (request.headers.has("origin")) {
		throw new AppError({
			code: "ORIGIN_REFUSED",
			message: "The control API does not answer to web pages.",
			hint: "Use the coffer command, or a client that sends no Origin header.",
			exit: EXIT.unauthorised,
		});
	}
}
