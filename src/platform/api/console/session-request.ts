/** Finds the session of the web console that a request belongs to. */
import { AppError, EXIT } from "../../../errors.ts";
import { CONSOLE_PROOF_HEADER } from "../../../protocol/console.ts";
import { type ConsoleSessions, type SessionPrincipal, sessionEnded } from "../../console/sessions.ts";
import type { Guard } from "../authenticate.ts";

/**
 * The name of the cookie. Browsers send the cookies of a host to all of its ports, so each platform has a name of its own.
 * @param fingerprint of the platform
 */
export function cookieName(fingerprint: string): string {
	return `coffer-console-${fingerprint.slice(0, 8)}`;
}

/** The value of a cookie of a request. Undefined if it has none. */
export function cookieOf(request: Request, name: string): string | undefined {
	for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
		const [key, value] = pair.trim().split("=", 2);
		if (key === name) return value;
	}
	return undefined;
}

function refused(code: string, message: string): AppError {
	const hint = "Use the coffer command for everything else.";
	return new AppError({ code, message, hint, exit: EXIT.unauthorised });
}

/**
 * The token of a request's session. Undefined if the request is not one of the console.
 * @param guard `mayWrite`: whether the route is one of the few that sessions may use to change something
 * @param address the sender's, for the count of failures
 * @throws AppError (exit 3) `CONSOLE_SESSION_ENDED` (401), `CONSOLE_ONLY_READS`, `ORIGIN_REFUSED`
 */
export function sessionOf(
	request: Request,
	{ sessions, fingerprint }: { readonly sessions: ConsoleSessions; readonly fingerprint: string },
	{ failures, mayWrite, requests }: Guard & { readonly mayWrite: boolean },
	address: string,
): SessionPrincipal | undefined {
	const proof = request.headers.get(CONSOLE_PROOF_HEADER);
	if (proof === null || request.headers.has("authorization")) return undefined;
	const isWrite = request.method !== "GET";
	if (isWrite && !mayWrite) throw refused("CONSOLE_ONLY_READS", "A session of the console can only read.");
	// A browser says who sends a request (https://www.w3.org/TR/fetch-metadata/).
	const site = request.headers.get("sec-fetch-site") ?? "same-origin";
	// The guard has compared the origin of a request with its host.
	const hasOrigin = request.headers.has("origin");
	if (site !== "same-origin" || (isWrite && !hasOrigin))
		throw refused("ORIGIN_REFUSED", "Another web page sent the request, with a session of the console.");
	const session = sessions.find(cookieOf(request, cookieName(fingerprint)) ?? "", proof);
	if (session === undefined) {
		failures.note(address);
		throw sessionEnded();
	}
	requests.note(session.id);
	return session;
}
