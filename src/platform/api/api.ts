/**
 * The control API: from a Request to a Response, with no socket in sight. Every route of the table that clients
 * read is here, and none besides.
 */
import { Hono } from "hono";
import { AppError, EXIT } from "../../errors.ts";
import { ROUTES, type Route } from "../../protocol/routes.ts";
import { describeError } from "../faults/log.ts";
import type { Core } from "../service/core.ts";
import type { Principal } from "../tokens/tokens.ts";
import { authenticate, authorise } from "./authenticate.ts";
import { addBase44Routes } from "./base44/routes.ts";
import { checkCaller, type HostPolicy } from "./guard.ts";
import * as handlers from "./handlers.ts";
import { FailureLimit, type Rate, RequestLimit } from "./limits.ts";
import * as logs from "./logs/handlers.ts";
import { openApiDocument } from "./openapi.ts";
import { problemResponse } from "./problem.ts";
import * as streams from "./streams.ts";
import * as tokens from "./tokens.ts";

export interface ApiOptions {
	readonly core: Core;
	readonly hosts: HostPolicy;
	/** The gateway's own address, without a slash at its end. */
	readonly listenUrl: string;
	/** Aborted when the platform closes: answers that go on for ever end then. */
	readonly closing?: AbortSignal;
	/** The bound on requests of one token, if not the usual one. */
	readonly requestRate?: Rate;
}

/** @param address who sent the request, as far as it is known: failed attempts are counted by it */
export type Api = (request: Request, address?: string) => Promise<Response>;

/** The functions are exported under the names of their routes. */
const HANDLERS: Readonly<Record<keyof typeof ROUTES, handlers.Handler>> = {
	...handlers,
	...streams,
	...logs,
	...tokens,
	openApi: ({ core }) => Response.json(openApiDocument(core.info.version)),
};

const NEVER = new AbortController().signal;

type Bindings = { Bindings: { address: string } };

function notFound(): AppError {
	return new AppError({
		code: "ROUTE_NOT_FOUND",
		message: "The control API has no such route.",
		hint: "Check the address; functions are served by the gateway, on an address of its own.",
		exit: EXIT.notFound,
	});
}

function methodNotAllowed(): AppError {
	return new AppError({
		code: "METHOD_NOT_ALLOWED",
		message: "This route does not take this method.",
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}

/** Makes the API's one function. It never throws and never rejects. */
export function createApi({ core, hosts, listenUrl, closing = NEVER, requestRate }: ApiOptions): Api {
	const app = new Hono<Bindings>();
	const { monotonicMs, now } = core.clock;
	const failures = new FailureLimit(monotonicMs);
	const requests = new RequestLimit(monotonicMs, requestRate);
	const guard = { tokens: core.tokens, failures, requests, now };
	app.use(async (context, next) => {
		checkCaller(context.req.raw, hosts);
		await next();
		context.header("cache-control", "no-store");
		context.header("x-content-type-options", "nosniff");
	});
	const byPath = new Map<string, string[]>();
	for (const [name, route] of Object.entries(ROUTES) as [keyof typeof ROUTES, Route][]) {
		byPath.set(route.path, [...(byPath.get(route.path) ?? []), route.method]);
		app.on(route.method, route.path, (context) => {
			const parameter = (key: string) => context.req.param(key) ?? "";
			const request = context.req.raw;
			let principal: Principal | undefined;
			if (route.scope !== undefined) {
				principal = authenticate(request, context.env.address, guard);
				const bound = route.path.includes("/:app") ? parameter("app") : undefined;
				authorise(core.tokens, principal, route.scope, bound);
			}
			const url = new URL(request.url);
			return HANDLERS[name]({ core, request, principal, url, listenUrl, parameter, closing });
		});
	}
	addBase44Routes(app, { core, listenUrl, closing }, guard);
	for (const [path, methods] of byPath) {
		app.all(path, () => {
			const answer = problemResponse(methodNotAllowed());
			answer.headers.set("allow", methods.join(", "));
			return answer;
		});
	}
	app.notFound(() => problemResponse(notFound()));
	app.onError((error) => {
		if (!(error instanceof AppError)) core.log.error(describeError(error), "a request failed");
		return problemResponse(error);
	});
	return async (request, address = "unknown") => await app.fetch(request, { address });
}
