/**
 * The control API as an OpenAPI 3.1 document. It is generated from the route table and the schemas that
 * decode the messages, so that it cannot differ from them.
 */
import * as z from "zod";
import { PROBLEM_MEDIA_TYPE } from "../../protocol/problem.ts";
import { ROUTES, type Route } from "../../protocol/routes.ts";
import type { Body, Operation } from "./endpoint.ts";

type Json = Readonly<Record<string, unknown>>;

const PROBLEM: Json = {
	type: "object",
	required: ["type", "title", "status", "detail", "code", "hint", "exit"],
	properties: {
		type: { type: "string" },
		title: { type: "string" },
		status: { type: "integer" },
		detail: { type: "string" },
		code: { type: "string", pattern: "^[A-Z][A-Z0-9_]{0,63}$" },
		hint: { type: "string" },
		exit: { type: "integer", minimum: 1, maximum: 7 },
		line: { type: "integer", minimum: 1 },
	},
};

const PROBLEM_TITLES: Readonly<Record<number, string>> = {
	400: "The request is not valid",
	401: "No valid access token",
	403: "The token does not have this right, or a web page sent the request",
	404: "Not found",
	409: "Conflict with the current state",
	413: "The body is too large",
	415: "The route does not support this media type",
	421: "The platform does not know this host name",
	422: "The content is not authentic",
	429: "Too many invalid tokens from this peer, or too many requests with this token. See Retry-After",
};

function content({ media, schema }: Body): Json {
	if (schema === undefined) return { [media]: {} };
	const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
	return { [media]: { schema: json } };
}

function problem(description: string): Json {
	return { description, content: { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM } } };
}

/** The successful answers, by their status. */
function successes({ answer, alternative }: Operation): Record<number, Json> {
	const byStatus = new Map<number, { description: string; content?: Json }>();
	for (const { body, description, status } of alternative === undefined ? [answer] : [answer, alternative]) {
		const same = byStatus.get(status);
		byStatus.set(status, {
			description: same === undefined ? description : `${same.description}. ${description}`,
			...(body !== undefined && { content: { ...same?.content, ...content(body) } }),
		});
	}
	return Object.fromEntries(byStatus);
}

/** The statuses with which a route refuses a request. */
function refusals({ scope, path }: Route, { body, refuses = [] }: Operation): number[] {
	return [
		...(body === undefined ? [] : [413, 415]),
		...(body?.schema === undefined ? [] : [400]),
		...(scope === undefined ? [] : [401, 429]),
		...(path.includes("/:") && path !== ROUTES.createApp.path ? [404] : []),
		403,
		421,
		...refuses,
	];
}

function parameters({ path }: Route, { query = [] }: Operation): Json[] {
	const named = [...path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
		name,
		in: "path",
		required: true,
		schema: { type: "string" },
	}));
	return [...named, ...query.map((parameter) => ({ ...parameter, in: "query" }))];
}

function describe(name: keyof typeof ROUTES, operation: Operation): Json {
	const route: Route = ROUTES[name];
	const { body, summary } = operation;
	const statuses = [...new Set(refusals(route, operation))].sort();
	return {
		operationId: name,
		summary,
		security: route.scope === undefined ? [] : [{ token: [] }],
		...(route.scope === undefined ? {} : { "x-coffer-scope": route.scope }),
		parameters: parameters(route, operation),
		...(body === undefined ? {} : { requestBody: { required: true, content: content(body) } }),
		responses: {
			...successes(operation),
			...Object.fromEntries(statuses.map((status) => [status, problem(PROBLEM_TITLES[status] ?? "Refused")])),
			default: problem("Any other error"),
		},
	};
}

/** `/v1/apps/{app}` */
function template({ path }: Route): string {
	return path.replace(/:([a-z]+)/g, "{$1}");
}

/**
 * The document.
 * @param version of the platform
 * @param operations the description of each route
 */
export function openApiDocument(
	version: string,
	operations: Readonly<Record<keyof typeof ROUTES, Operation>>,
): Json {
	const paths: Record<string, Record<string, Json>> = {};
	for (const name of Object.keys(ROUTES) as (keyof typeof ROUTES)[]) {
		const route = ROUTES[name];
		const at = template(route);
		paths[at] = { ...paths[at], [route.method.toLowerCase()]: describe(name, operations[name]) };
	}
	return {
		openapi: "3.1.0",
		info: { title: "Coffer's control API", version, license: { name: "MIT", identifier: "MIT" } },
		paths,
		components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
	};
}
