/** Decides who sends a request: a token, or a session of the web console. */
import type { Route, Scope } from "../../../protocol/routes.ts";
import type { WebConsole } from "../../console/web-console.ts";
import type { Core } from "../../service/core.ts";
import type { Principal } from "../../tokens/tokens.ts";
import { authenticate, authorise, type Guard } from "../authenticate.ts";
import { sessionOf } from "./session-request.ts";

export interface Admission {
	readonly core: Core;
	readonly guard: Guard;
	/** Undefined: the console is off. */
	readonly webConsole: WebConsole | undefined;
}

/**
 * Finds who sends a request, and checks that they may.
 * @param route with the scope that it needs
 * @param from the sender's address, and the app that the route names, if it names one
 * @throws AppError as `sessionOf`, `authenticate` and `authorise`
 */
export function admit(
	request: Request,
	{
		forConsole = false,
		forTokensOfApps,
		scope,
	}: Pick<Route, "forConsole" | "forTokensOfApps"> & { readonly scope: Scope },
	from: { readonly address: string; readonly app: string | undefined },
	{ core, guard, webConsole }: Admission,
): Principal {
	const own = webConsole && { sessions: webConsole.sessions, fingerprint: core.info.fingerprint };
	const session = own && sessionOf(request, own, { ...guard, mayWrite: forConsole }, from.address);
	const principal = session ?? authenticate(request, from.address, guard);
	authorise(core.tokens, principal, scope, forTokensOfApps === true ? principal.app : from.app);
	return principal;
}
