/**
 * The control API as a function from a Request to a Response, without a socket. It serves exactly the routes
 * of the table that clients use (`protocol/routes.ts`), and those of the Base44 CLI.
 */
import { Hono } from "hono";
import * as z from "zod";
import { AppError, EXIT } from "../../errors.ts";
import { CONSOLE_PATH } from "../../protocol/console.ts";
import { ROUTES, type Route } from "../../protocol/routes.ts";
import type { WebConsole } from "../console/web-console.ts";
import { describeError } from "../faults/log.ts";
import { NODE_CALL_PATH } from "../nodes/calls/calls.ts";
import type { Core } from "../service/core.ts";
import type { Principal } from "../tokens/tokens.ts";
import * as apps from "./apps.ts";
import { addBase44Routes } from "./base44/routes.ts";
import { admit } from "./console/admit.ts";
import * as consoleRoutes from "./console/reads.ts";
import * as secretRequestRoutes from "./console/secret-requests.ts";
import * as sessionRoutes from "./console/session.ts";
import { answerOf, type Endpoint, json } from "./endpoint.ts";
import * as functions from "./functions.ts";
import { checkCaller, type HostPolicy } from "./guard.ts";
import * as hostRoutes from "./hosts.ts";
import { FailureLimit, type Rate, RequestLimit } from "./limits.ts";
import * as logs from "./logs/handlers.ts";
import { answerNode } from "./nodes/answer.ts";
import { readNodes } from "./nodes/functions.ts";
import { catchUp, ready, status } from "./nodes/status.ts";
import { openApiDocument } from "./openapi.ts";
import { problemResponse } from "./problem.ts";
import * as streams from "./streams.ts";
import * as tokens from "./tokens.ts";

export interface ApiOptions {
	readonly core: Core;
	readonly hosts: HostPolicy;
	/** Base URL of the gateway, without a slash at its end. */
	readonly listenUrl: string;
	/** Aborted when the platform closes. Answers without an end are then ended. */
	readonly closing?: AbortSignal;
	/** The limit of requests with one token. Default: the limit of a platform. */
	readonly requestRate?: Rate;
	/** The web console. Undefined: it is off. */
	readonly webConsole?: WebConsole | undefined;
}

/** @param address the sender's address; undefined if unknown. Failed authentications are counted by it. */
export type Api = (request: Request, address?: string) => Promise<Response>;

/** Each endpoint has the name of its route. */
const ENDPOINTS: Readonly<Record<keyof typeof ROUTES, Endpoint>> = {
	...apps,
	...functions,
	...streams,
	...hostRoutes,
	...logs,
	...tokens,
	...consoleRoutes,
	...secretRequestRoutes,
	...sessionRoutes,
	readNodes,
	ready,
	status,
	openApi: {
		summary: "Read this document",
		answer: answerOf("The document", json(z.looseObject({ openapi: z.string() }))),
		handle: ({ core }) => Response.json(openApiDocument(core.info.version, ENDPOINTS)),
	},
};

/** The routes that also answer on a node that does not reach the store. */
const WITHOUT_CATCH_UP: ReadonlySet<string> = new Set<keyof typeof ROUTES>(["status", "metrics"]);

const NEVER = new AbortController().signal;

type Bindings = { Bindings: { address: string } };

function notFound(): AppError {
	return new AppError({
		code: "ROUTE_NOT_FOUND",
		message: "The control API has no route for this path.",
		hint: "Check the URL. Functions have another address: the address of the gateway.",
		exit: EXIT.notFound,
	});
}

function methodNotAllowed(): AppError {
	return new AppError({
		code: "METHOD_NOT_ALLOWED",
		message: "This route does not support the request's method.",
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}

/** @param byPath the methods of each path that have a route */
function refuseOtherMethods(app: Hono<Bindings>, byPath: ReadonlyMap<string, readonly string[]>): void {
	for (const [path, methods] of byPath) {
		app.all(path, () => {
			const answer = problemResponse(methodNotAllowed());
			answer.headers.set("allow", methods.join(", "));
			return answer;
		});
	}
}

/** Serves the files of the web console. */
function addPages(app: Hono<Bindings>, { pages }: WebConsole): void {
	const serve = async ({ req }: { readonly req: { readonly raw: Request } }) =>
		(await pages.answer(req.raw)) ?? problemResponse(notFound());
	app.get(CONSOLE_PATH.slice(0, -1), serve);
	app.get(`${CONSOLE_PATH}*`, serve);
}

/** Makes the API's function. It never throws and never rejects. */
export function createApi(options: ApiOptions): Api {
	const { closing = NEVER, core, hosts, listenUrl, requestRate, webConsole } = options;
	const app = new Hono<Bindings>();
	const { monotonicMs, now } = core.clock;
	const failures = new FailureLimit(monotonicMs);
	const requests = new RequestLimit(monotonicMs, requestRate);
	const guard = { tokens: core.tokens, failures, requests, now };
	app.use(async (context, next) => {
		checkCaller(context.req.raw, hosts);
		await next();
		if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
		context.header("x-content-type-options", "nosniff");
	});
	const byPath = new Map<string, string[]>();
	for (const [name, route] of Object.entries(ROUTES) as [keyof typeof ROUTES, Route][]) {
		byPath.set(route.path, [...(byPath.get(route.path) ?? []), route.method]);
		app.on(route.method, route.path, async (context) => {
			const parameter = (key: string) => context.req.param(key) ?? "";
			const request = context.req.raw;
			let principal: Principal | undefined;
			if (route.scope !== undefined) {
				const bound = route.path.includes("/:app") ? parameter("app") : undefined;
				if (!WITHOUT_CATCH_UP.has(name)) await catchUp(core, bound);
				const from = { address: context.env.address, app: bound };
				principal = admit(request, { ...route, scope: route.scope }, from, { core, guard, webConsole });
			}
			const url = new URL(request.url);
			const call = { core, request, principal, url, listenUrl, parameter, closing, webConsole };
			return await ENDPOINTS[name].handle(call);
		});
	}
	app.post(NODE_CALL_PATH, (context) => {
		const request = context.req.raw;
		const call = { core, request, principal: undefined, url: new URL(request.url), listenUrl, closing };
		return answerNode({ ...call, parameter: () => "" }, () => failures.note(context.env.address));
	});
	addBase44Routes(app, { core, listenUrl, closing }, guard);
	refuseOtherMethods(app, byPath);
	if (webConsole !== undefined) addPages(app, webConsole);
	app.notFound(() => problemResponse(notFound()));
	app.onError((error) => {
		if (!(error instanceof AppError)) core.log.error(describeError(error), "a request failed");
		return problemResponse(error);
	});
	return async (request, address = "unknown") => await app.fetch(request, { address });
}
