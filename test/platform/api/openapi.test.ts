/** The OpenAPI document is true: every response in it is requested and compared with its schema. */
import { expect, test } from "vitest";
import * as z from "zod";
import { createApi } from "../../../src/platform/api/api.ts";
import { ROUTES, type Route, routePath } from "../../../src/protocol/routes.ts";
import { APP, api, client, ORIGIN, platform, send, useApi, vault } from "./api-fixture.ts";
import { conflicting, good } from "./expected-routes.ts";

useApi();

type Schema = Record<string, unknown>;
interface Operation {
	operationId: keyof typeof ROUTES;
	parameters: { name: string; in: string }[];
	requestBody?: { content: Record<string, object> };
	responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
interface Document {
	openapi: string;
	paths: Record<string, Record<string, Operation>>;
}

async function read(): Promise<Document> {
	return (await (await api(new Request(`${ORIGIN}/v1/openapi.json`))).json()) as Document;
}

const NAMES = Object.keys(ROUTES) as (keyof typeof ROUTES)[];
const operationsOf = ({ paths }: Document) =>
	Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
	);

/** The supported keywords of schemas. An unknown keyword would check nothing, so it is an error. */
const KEYWORDS = new Set(
	"type properties required additionalProperties items prefixItems anyOf oneOf enum const pattern minimum maximum minLength maxLength minItems maxItems default".split(
		" ",
	),
);

/** A schema whose objects allow only the named members. */
function closed(schema: Schema, isOpen = false): Schema {
	for (const keyword of Object.keys(schema)) expect(KEYWORDS).toContain(keyword);
	const inner = (value: unknown): unknown =>
		Array.isArray(value)
			? value.map((each) => closed(each as Schema, isOpen))
			: closed(value as Schema, isOpen);
	const copy: Schema = { ...schema };
	for (const key of ["items", "prefixItems", "anyOf", "oneOf"]) if (key in copy) copy[key] = inner(copy[key]);
	if (copy["properties"] !== undefined) {
		const members = Object.entries(copy["properties"] as Record<string, Schema>);
		copy["properties"] = Object.fromEntries(members.map(([name, value]) => [name, closed(value, isOpen)]));
		if (!isOpen) copy["additionalProperties"] ??= false;
	}
	return copy;
}

/** The whole response, or the beginning of one that never ends. */
async function textOf(response: Response, { operationId }: Operation): Promise<string> {
	if (!/^follow/.test(operationId) || !response.ok || !response.body) return await response.text();
	const reader = response.body.getReader();
	const { value } = await reader.read();
	await reader.cancel();
	return new TextDecoder().decode(value);
}

async function expectDescribed(response: Response, operation: Operation): Promise<void> {
	const described = operation.responses[response.status];
	expect(described, `${operation.operationId} ${response.status}`).toBeDefined();
	const text = await textOf(response, operation);
	const media = response.headers.get("content-type")?.split(";")[0] ?? "";
	const body = described?.content?.[media];
	expect(body === undefined).toBe(media === "" && described?.content === undefined);
	if (media === "text/plain") return expect(text).toMatch(/^# HELP /);
	if (body?.schema === undefined) return expect(text).toBe("");
	// The problem document for a stale change contains the newer entries.
	const isOpen = response.status >= 400 || operation.operationId === "openApi";
	const validator = z.fromJSONSchema(closed(body.schema, isOpen) as Parameters<typeof z.fromJSONSchema>[0]);
	const lines = text.trimEnd().split("\n");
	const events = lines.map((line) => line.replace(/^data: /, ""));
	const documents = { "application/x-ndjson": lines, "text/event-stream": events }[media] ?? [text];
	for (const document of documents) {
		const { error } = validator.safeParse(JSON.parse(document));
		expect(error?.issues, `${operation.operationId} ${response.status}: ${document}`).toBeUndefined();
	}
}

test("the document lists exactly the platform's routes with their parameters", async () => {
	const document = await read();
	expect(document.openapi).toBe("3.1.0");
	const listed = operationsOf(document).map(({ path, method, operation: { operationId, parameters } }) => {
		const inPath = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
		expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
		return `${operationId} ${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`;
	});
	expect(listed.sort()).toEqual(
		NAMES.map((name) => `${name} ${ROUTES[name].method} ${ROUTES[name].path}`).sort(),
	);
	for (const { path, method } of operationsOf(document)) {
		const response = await api(
			new Request(ORIGIN + path.replace(/[{}]/g, ""), { method: method.toUpperCase() }),
		);
		expect([path, (await response.text()).includes("ROUTE_NOT_FOUND"), response.status === 405]).toEqual([
			path,
			false,
			false,
		]);
	}
});

type Ask = (name: keyof typeof ROUTES, route: Route) => Promise<Response>;

const post = async (route: Route, path: string, body: unknown) =>
	await send(route, path, platform.token, body);

/** A change with an old base, whose name a newer change has set too. */
async function staleChange(route: Route, path: string): Promise<Response> {
	const { revision, head } = await client.showApp(APP);
	const version = (platform.core.apps.get(APP).state.records.get("S")?.version ?? 0) + 1;
	const change = (text: string) => vault.change(APP, { revision, head }, [vault.record("S", version, text)]);
	await client.send(APP, change("first"));
	return await post(route, path, change("late"));
}

/** A host that belongs to another app. */
async function takenHost(route: Route): Promise<Response> {
	const app = "owner";
	await client.createApp(app, vault);
	const { host } = await platform.core.hosts.add("taken.example", app);
	return await post(route, routePath(route, { host }), { app: APP });
}

async function faulty(name: keyof typeof ROUTES, route: Route): Promise<Response> {
	const { path } = await good(name);
	if (name === "readChanges") return await post(route, `${path}?after=x`, undefined);
	if (name === "readHistory") return await post(route, `${path}?before=x`, undefined);
	if (name === "readFigures") return await post(route, `${path}?step=7`, undefined);
	if (name === "deleteApp") return await post(route, `${path}?wait=x`, undefined);
	if (name === "readNodes") return await post(route, `${path}${"&function=x".repeat(101)}`, undefined);
	if (name === "deleteFunctions") return await post(route, path.split("?")[0] ?? "", undefined);
	if (name === "removeHost") return await post(route, routePath(route, { host: "127.0.0.1" }), undefined);
	if (/^(read|follow)(Logs|Requests)$/.test(name))
		return await post(route, `${path.split("?")[0]}?limit=many`, undefined);
	return await post(route, path, { unknown: true });
}

/** Asks a platform without the console. */
async function withoutConsole(route: Route, path: string, body: unknown): Promise<Response> {
	const hosts = { bound: "127.0.0.1", names: [] };
	const off = createApi({ core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080" });
	const headers = { authorization: `Bearer ${platform.token}`, "content-type": "application/json" };
	const text = body === undefined ? null : JSON.stringify(body);
	return await off(new Request(ORIGIN + path, { method: route.method, headers, body: text }));
}

async function notFound(name: keyof typeof ROUTES, route: Route): Promise<Response> {
	const { path, body } = await good(name);
	const id = "tok_ffffffffffffffff";
	if (/ConsoleCode$|ConsoleSession$/.test(name)) return await withoutConsole(route, path, body);
	if (name === "addHost") return await post(route, path, { app: "nowhere" });
	if (name === "removeHost") return await post(route, path.replace(/[^/]+$/, "no.example"), undefined);
	const elsewhere =
		name === "revokeToken" ? routePath(route, { id }) : path.replace(/\/apps\/[a-z]+/, "/apps/nowhere");
	return await post(route, elsewhere, body);
}

/** For each route, a request that gets that status. */
const ASK: Readonly<Record<string, Ask>> = {
	400: faulty,
	401: async (name, route) => {
		const code = name === "openConsoleSession" ? { code: "of.another.platform" } : undefined;
		return await send(route, (await good(name)).path, undefined, code);
	},
	403: async (name, route) => {
		const init = { method: route.method, headers: { origin: "https://evil.example" } };
		return await api(new Request(ORIGIN + (await good(name)).path, init));
	},
	404: notFound,
	409: async (name, route) => {
		const { path } = await good(name);
		if (name === "appendChange") return await staleChange(route, path);
		if (name === "addHost") return await takenHost(route);
		return await post(route, path, conflicting(name));
	},
	413: async (name, route) => {
		const { path, body } = await good(name);
		const bytes = new Uint8Array(11 * 1024 * 1024);
		return await post(
			route,
			path,
			body instanceof Uint8Array ? bytes : Buffer.from(bytes.fill(0x20)).toString("latin1"),
		);
	},
	415: async (name, route) => await send(route, (await good(name)).path, platform.token, "x", "text/plain"),
	421: async (name, route) => {
		const init = { method: route.method, headers: { host: "evil.example" } };
		return await api(new Request(ORIGIN + (await good(name)).path, init));
	},
	422: async (name, route) => {
		const { path, body } = await good(name);
		if (body instanceof Uint8Array) return await post(route, path, Uint8Array.of(1));
		return await post(route, path, { ...(body as object), operation: "A".repeat(43) });
	},
	429: async (name, route) => {
		const requestRate = { burst: 0, perSecond: 1 };
		const hosts = { bound: "127.0.0.1", names: [] };
		const busy = createApi({ core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080", requestRate });
		const init = { method: route.method, headers: { authorization: `Bearer ${platform.token}` } };
		return await busy(new Request(ORIGIN + (await good(name)).path, init));
	},
	503: async (name, route) => {
		platform.core.isStarting = true;
		try {
			return await send(route, (await good(name)).path, undefined);
		} finally {
			platform.core.isStarting = false;
		}
	},
};

test.each(NAMES)("%s answers as the document describes, with each listed status", async (name) => {
	const found = operationsOf(await read()).find(({ operation }) => operation.operationId === name);
	const { operation } = found as { operation: Operation };
	const route: Route = ROUTES[name];
	const { path, body } = await good(name);
	const success = await send(route, path, route.scope && platform.token, body);
	expect(success.status).toBeLessThan(300);
	await expectDescribed(success, operation);
	const refusals = Object.keys(operation.responses).filter((status) => Number(status) >= 400);
	expect(refusals).toEqual(
		expect.arrayContaining(route.scope === undefined ? ["403", "421"] : ["401", "429"]),
	);
	for (const status of refusals) {
		const response = await (ASK[status] as Ask)(name, route);
		expect(response.status, `${name} ${status}`).toBe(Number(status));
		await expectDescribed(response, operation);
	}
	expect(Object.keys(operation.requestBody?.content ?? {})).toEqual(
		body === undefined ? [] : [body instanceof Uint8Array ? "application/octet-stream" : "application/json"],
	);
});

const WAITING = ["deleteApp", "deleteFunctions", "addHost", "removeHost"] as const;
test.each(WAITING)("%s answers as described to a client that waits", async (name) => {
	const found = operationsOf(await read()).find(({ operation }) => operation.operationId === name);
	const { path, body } = await good(name);
	const waits = `${path}${path.includes("?") ? "&" : "?"}wait=1`;
	const response = await post(ROUTES[name], waits, body);
	expect(response.headers.get("content-type")).toContain("ndjson");
	await expectDescribed(response, found?.operation as Operation);
});
