/**
 * Checks which clients may use the control API. The request must name the listener's own host: a web page whose host
 * name points at this machine (DNS rebinding) sends another name. Requests of browsers are refused.
 */
import { isIP } from "node:net";
import { AppError, EXIT } from "../../errors.ts";
import { ROUTES } from "../../protocol/routes.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const UNSPECIFIED = new Set(["0.0.0.0", "::"]);

export interface HostPolicy {
	/** The address that the listener is bound to. */
	readonly bound: string;
	/** Further host names of the listener. */
	readonly names: readonly string[];
}

/** The host of a Host header, in lower case, with the brackets of IPv6. Undefined if it is missing or invalid. */
function hostOf(header: string | null): string | undefined {
	return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.exec(header?.toLowerCase() ?? "")?.[1];
}

function isKnown(host: string, { bound, names }: HostPolicy): boolean {
	const address = host.replace(/^\[|\]$/g, "");
	if (LOOPBACK.has(host) || address === bound.toLowerCase()) return true;
	// A listener on all addresses accepts any address, but only names that were configured.
	if (UNSPECIFIED.has(bound) && isIP(address) !== 0) return true;
	return names.some((name) => name.toLowerCase() === host);
}

/** The routes that pages of the web console use with another method than `GET`: only then do browsers send an origin. */
const PAGES_WRITE = [ROUTES.openConsoleSession, ROUTES.fillSecretRequest].map(
	({ path }) => new RegExp(`^${path.replaceAll(/:[a-z]+/g, "[^/]+")}$`),
);

/** Whether a page of the web console sends the request to open or close its session, or to fill in a request. */
function isOwnConsole(request: Request, origin: string): boolean {
	const { pathname } = new URL(request.url);
	if (!PAGES_WRITE.some((path) => path.test(pathname))) return false;
	const host = request.headers.get("host")?.toLowerCase();
	// A proxy may add TLS, so the scheme can differ.
	return host !== undefined && (origin === `https://${host}` || origin === `http://${host}`);
}

/**
 * Checks a request.
 * @throws AppError `HOST_UNKNOWN` (421), `ORIGIN_REFUSED` (exit 3)
 */
export function checkCaller(request: Request, policy: HostPolicy): void {
	const host = hostOf(request.headers.get("host") ?? new URL(request.url).host);
	if (host === undefined || !isKnown(host, policy)) {
		throw new AppError({
			code: "HOST_UNKNOWN",
			message: "The platform does not know the host name of this request.",
			hint: "Use the address that the platform printed when it started, or start it with --host NAME.",
			exit: EXIT.usage,
		});
	}
	const origin = request.headers.get("origin");
	if (origin !== null && !isOwnConsole(request, origin)) {
		throw new AppError({
			code: "ORIGIN_REFUSED",
			message: "The control API does not answer requests of web pages.",
			hint: "Use the coffer command, or a client that sends no Origin header.",
			exit: EXIT.unauthorised,
		});
	}
}
