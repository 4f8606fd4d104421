/**
 * The routes of the Base44 CLI, so that the unmodified CLI works with a platform. A token that is bound to no
 * app yet creates an app with its first request, and is valid for that app alone from then on.
 */
import type { Context, Hono } from "hono";
import { AppError, EXIT } from "../../../errors.ts";
import { appIdSchema, decode } from "../../../protocol/messages.ts";
import { BASE44_SCOPE } from "../../../protocol/routes.ts";
import { describeError } from "../../faults/log.ts";
import { tokenOfOtherApp } from "../../tokens/token-grant.ts";
import type { Principal } from "../../tokens/tokens.ts";
import { authenticate, type Guard } from "../authenticate.ts";
import type { Call, Handler } from "../endpoint.ts";
import { catchUp } from "../nodes/status.ts";
import { refusal } from "./answer.ts";
import * as functions from "./functions.ts";
import * as logs from "./logs.ts";
import * as secrets from "./secrets.ts";

const BASE = "/api/apps/:app";

const ROUTES: readonly (readonly [method: string, path: string, Handler])[] = [
	["GET", `${BASE}/secrets`, secrets.list],
	["POST", `${BASE}/secrets`, secrets.set],
	["DELETE", `${BASE}/secrets`, secrets.remove],
	["GET", `${BASE}/backend-functions`, functions.list],
	["PUT", `${BASE}/backend-functions/:name`, functions.deploy],
	["DELETE", `${BASE}/backend-functions/:name`, functions.remove],
	["GET", `${BASE}/functions-mgmt/logs/stream`, logs.followLogs],
	["GET", `${BASE}/functions-mgmt/:name/logs`, logs.read],
];

/** The parts that are the same for all calls. */
type CommonCall = Pick<Call, "closing" | "core" | "listenUrl">;

function notFound(): AppError {
	return new AppError({
		code: "ROUTE_NOT_FOUND",
		message: "This platform supports only the secrets, functions and logs commands of the Base44 CLI.",
		hint: "Use Base44's own platform for other commands.",
		exit: EXIT.notFound,
	});
}

/** @throws AppError as `authenticate`, `TOKEN_SCOPE` (exit 3) */
function authenticateCli(request: Request, address: string, guard: Guard): Principal {
	const principal = authenticate(request, address, guard, "api_key");
	if (principal.scopes.some((scope) => scope === BASE44_SCOPE)) return principal;
	throw new AppError({
		code: "TOKEN_SCOPE",
		message: "The access token is not for the Base44 CLI.",
		hint: "Create one: coffer platform token create --base44",
		exit: EXIT.unauthorised,
	});
}

/** Adds the routes to the API. */
export function addBase44Routes(
	app: Hono<{ Bindings: { address: string } }>,
	common: CommonCall,
	guard: Guard,
): void {
	const { core } = common;
	const answer = async (
		context: Context<{ Bindings: { address: string } }>,
		handler: Handler | undefined,
	): Promise<Response> => {
		const request = context.req.raw;
		try {
			await catchUp(core, context.req.param("app"));
			const principal = authenticateCli(request, context.env.address, guard);
			if (handler === undefined) throw notFound();
			const id = decode(appIdSchema, context.req.param("app") ?? "", "The app's id");
			if (principal.app !== undefined && principal.app !== id) throw tokenOfOtherApp();
			// A token that is bound to no app yet never gets an existing app.
			if (principal.app === undefined || core.apps.find(id) === undefined)
				await core.findOrCreateAppFor(id, principal);
			const parameter = (key: string) => context.req.param(key as never) ?? "";
			return await handler({ ...common, request, principal, url: new URL(request.url), parameter });
		} catch (error) {
			if (!(error instanceof AppError)) core.log.error(describeError(error), "a request failed");
			return await refusal(error);
		}
	};
	for (const [method, path, handler] of ROUTES) app.on(method, path, (context) => answer(context, handler));
	app.all("/api/*", (context) => answer(context, undefined));
}
