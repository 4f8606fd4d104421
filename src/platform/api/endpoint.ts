/** The parts of a route of the control API: its handler, and its description for the OpenAPI document. */
import type * as z from "zod";
import { AppError, EXIT } from "../../errors.ts";
import type { App } from "../apps/app.ts";
import type { WebConsole } from "../console/web-console.ts";
import type { Core } from "../service/core.ts";
import type { Principal } from "../tokens/tokens.ts";
import { tokenInvalid } from "./authenticate.ts";
import { readJson } from "./body.ts";
import { NDJSON_MEDIA_TYPE } from "./stream.ts";

export interface Call {
	readonly core: Core;
	readonly request: Request;
	/** The token that sent the request. Undefined for a route without a token. */
	readonly principal: Principal | undefined;
	readonly url: URL;
	/** Base URL of the gateway, without a slash at its end. */
	readonly listenUrl: string;
	/** A parameter of the route. */
	parameter(name: string): string;
	/** Aborted when the platform closes. */
	readonly closing: AbortSignal;
	/** The web console. Undefined: it is off. */
	readonly webConsole?: WebConsole | undefined;
}

export type Handler = (call: Call) => Promise<Response> | Response;

export const SMALL_BODY_BYTES = 64 * 1024;

/** The error for invalid parameters of a request. */
export function invalid(message: string): AppError {
	return new AppError({ code: "REQUEST_INVALID", message, hint: "See docs/protocol.md.", exit: EXIT.usage });
}

/** Whether the request's token is still valid. */
export function isStillValid({ core, principal }: Call): boolean {
	return principal === undefined || core.tokens.isValid(principal, core.clock.now());
}

/** Checks again after a body has arrived, which may take a while. @throws AppError `TOKEN_INVALID` (exit 3) */
export function checkStillValid(call: Call): void {
	if (!isStillValid(call)) throw tokenInvalid();
}

/** The request's JSON. Its schema is not checked yet. @throws AppError as `readJson`, and `TOKEN_INVALID` (exit 3) */
export async function jsonOf(call: Call, bytesMax: number): Promise<unknown> {
	const body = await readJson(call.request, bytesMax);
	checkStillValid(call);
	return body;
}

/** The app of the route. @throws AppError `APP_NOT_FOUND` (exit 4) */
export function appOf({ core, parameter }: Call): App {
	return core.apps.get(parameter("app"));
}

/** The gateway's URL of a function, or of a whole app. */
export function urlOf(listenUrl: string, app: string, name?: string): string {
	return name === undefined ? `${listenUrl}/${app}/` : `${listenUrl}/${app}/${name}`;
}

export interface Body {
	readonly media: string;
	/** The schema of the whole body, or of each line. Undefined for bytes. */
	readonly schema: z.ZodType | undefined;
}

export interface Operation {
	readonly summary: string;
	readonly query?: readonly { readonly name: string; readonly required: boolean; readonly schema: object }[];
	readonly body?: Body;
	readonly answer: { readonly status: number; readonly description: string; readonly body?: Body };
	/** Another successful answer, to another form of the request. */
	readonly alternative?: Operation["answer"];
	/** Statuses of errors besides those that every route of its kind has. */
	readonly refuses?: readonly number[];
}

/** A route's handler, with its description. */
export interface Endpoint extends Operation {
	readonly handle: Handler;
}

/** A parameter of text. */
export const TEXT = { type: "string" };
/** A body that is one JSON document. */
export const json = (schema: z.ZodType): Body => ({ media: "application/json", schema });
/** A body of one JSON document a line. */
export const lines = (schema: z.ZodType): Body => ({ media: NDJSON_MEDIA_TYPE, schema });
export const answerOf = (description: string, body: Body, status = 200) => ({ status, description, body });
export const done = { status: 204, description: "Done" };
