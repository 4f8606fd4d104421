/**
 * The expectations for each route: which tokens may use it, and a request that succeeds. Written
 * independently of the table of routes.
 */
import type { GrantedScope } from "../../../src/platform/tokens/token-grant.ts";
import { ROUTES, routePath } from "../../../src/protocol/routes.ts";
import { TestVault } from "../fixtures/vault.ts";
import { APP, BLOB, client, PARAMETERS, platform, sessions, vault } from "./api-fixture.ts";

export type RouteName = keyof typeof ROUTES;

/** The path that replaces the route's own, or a suffix of it, and the body. */
interface Request {
	readonly path?: string;
	readonly query?: string;
	readonly body?: unknown;
}

interface Expected {
	readonly scopes: readonly GrantedScope[];
	/** Whether a token for one app may use it. */
	readonly forOneApp: boolean;
	/** Whether a token for one app may use it whatever the app is, since the answer depends on the token only. */
	readonly forEveryApp?: boolean;
	/** Omitted if a request without query and body succeeds. */
	readonly request?: () => Request | Promise<Request>;
}

const ofHello = () => ({ query: "?function=hello" });

/** A code that opens a session of the console. */
function newCode(): string {
	const [token] = platform.core.tokens.list();
	if (token === undefined) throw new Error("The platform has no token.");
	return sessions.createCode(token).code;
}

/** A body that does not fit the present state: another vault, or a value for somebody who is no writer. */
export function conflicting(name: RouteName): object {
	if (name !== "fillSecretRequest") return { vaultId: new TestVault().vaultId, environment: "production" };
	const { keys, value } = sealedValue();
	return { value, keys: keys.map((key) => ({ ...key, box: "A".repeat(43) })) };
}

let asked = 0;

/** A new request for a secret. @returns its id */
async function newRequest(): Promise<string> {
	asked++;
	const text = vault.request(`WANTED_${asked}`, "It is missing");
	await client.call(ROUTES.sendSecretRequests, { app: APP }, { entries: [text] });
	return text.slice(0, 16);
}

const valuePath = (id: string) => routePath(ROUTES.fillSecretRequest, { app: APP, id });

/** A value in the form that the platform accepts. It cannot open values. */
function sealedValue() {
	const bytes = (count: number) => Buffer.alloc(count, 7).toString("base64url");
	const keys = [{ box: vault.writer.publicKeys.box, enc: bytes(32), key: bytes(48) }];
	return { value: bytes(272), keys };
}

export const EXPECTED: Readonly<Record<RouteName, Expected>> = {
	health: { scopes: [], forOneApp: true },
	ready: { scopes: [], forOneApp: true },
	status: { scopes: ["read", "admin"], forOneApp: false },
	platform: { scopes: [], forOneApp: true },
	openApi: { scopes: [], forOneApp: true },
	metrics: { scopes: ["read", "admin"], forOneApp: false },
	listApps: { scopes: ["read", "admin"], forOneApp: false },
	createApp: {
		scopes: ["sync", "admin"],
		forOneApp: true,
		request: () => ({ body: { vaultId: vault.vaultId, environment: "production" } }),
	},
	showApp: { scopes: ["read", "admin"], forOneApp: true },
	deleteApp: {
		scopes: ["admin"],
		forOneApp: true,
		request: async () => {
			await client.createApp("doomed", vault);
			return { path: "/v1/apps/doomed" };
		},
	},
	readChanges: { scopes: ["sync", "admin"], forOneApp: true },
	appendChange: {
		scopes: ["sync", "admin"],
		forOneApp: true,
		request: async () => {
			const { revision, head } = await client.showApp(APP);
			const version = (platform.core.apps.get(APP).state.records.get("B")?.version ?? 0) + 1;
			return { body: vault.change(APP, { revision, head }, [vault.record("B", version, "b")]) };
		},
	},
	putBlob: { scopes: ["deploy", "admin"], forOneApp: true, request: () => ({ body: BLOB }) },
	deploy: {
		scopes: ["deploy", "admin"],
		forOneApp: true,
		request: () => ({ body: { files: [], functions: [], prune: false } }),
	},
	listFunctions: { scopes: ["read", "admin"], forOneApp: true },
	deleteFunctions: {
		scopes: ["deploy", "admin"],
		forOneApp: true,
		request: async () => {
			await client.deploy(APP, { "functions/gone/index.ts": "export default () => new Response();" });
			return { query: "?name=gone" };
		},
	},
	readLogs: { scopes: ["read", "admin"], forOneApp: true, request: ofHello },
	followLogs: { scopes: ["read", "admin"], forOneApp: true, request: ofHello },
	readRequests: { scopes: ["read", "admin"], forOneApp: true, request: ofHello },
	followRequests: { scopes: ["read", "admin"], forOneApp: true, request: ofHello },
	createConsoleCode: { scopes: ["read", "admin"], forOneApp: true, forEveryApp: true },
	openConsoleSession: {
		scopes: [],
		forOneApp: true,
		request: () => ({ body: { code: newCode() } }),
	},
	showConsoleSession: { scopes: ["read", "admin"], forOneApp: true, forEveryApp: true },
	closeConsoleSession: { scopes: [], forOneApp: true },
	listSecrets: { scopes: ["sync", "admin"], forOneApp: true },
	listSecretRequests: { scopes: ["sync", "admin"], forOneApp: true },
	sendSecretRequests: {
		scopes: ["sync", "admin"],
		forOneApp: true,
		request: () => ({ body: { entries: [] } }),
	},
	fillSecretRequest: {
		scopes: ["sync", "admin"],
		forOneApp: true,
		request: async () => ({ path: valuePath(await newRequest()), body: sealedValue() }),
	},
	readFilledValue: {
		scopes: ["sync", "admin"],
		forOneApp: true,
		request: async () => {
			const id = await newRequest();
			await client.call(ROUTES.fillSecretRequest, { app: APP, id }, sealedValue());
			return { path: valuePath(id) };
		},
	},
	discardFilledValue: { scopes: ["sync", "admin"], forOneApp: true },
	readHistory: { scopes: ["sync", "admin"], forOneApp: true },
	readNodes: { scopes: ["read", "admin"], forOneApp: true, request: ofHello },
	readFigures: { scopes: ["read", "admin"], forOneApp: true },
	followApp: { scopes: ["read", "admin"], forOneApp: true },
	listHosts: { scopes: ["read", "admin"], forOneApp: false },
	addHost: { scopes: ["admin"], forOneApp: false, request: () => ({ body: { app: APP } }) },
	removeHost: {
		scopes: ["admin"],
		forOneApp: false,
		request: async () => {
			await platform.core.hosts.add("old.example", APP);
			return { path: routePath(ROUTES.removeHost, { host: "old.example" }) };
		},
	},
	listTokens: { scopes: ["admin"], forOneApp: false },
	createToken: {
		scopes: ["admin"],
		forOneApp: false,
		request: () => ({ body: { scopes: ["read"], app: APP, expires: { inMs: 1000 } } }),
	},
	revokeToken: {
		scopes: ["admin"],
		forOneApp: false,
		request: async () => {
			const { id } = await platform.core.tokens.create({ scopes: ["read"] }, platform.clock.now());
			return { path: routePath(ROUTES.revokeToken, { id }) };
		},
	},
};

/** A request that succeeds. */
export async function good(name: RouteName): Promise<{ path: string; body?: unknown }> {
	const { body, path, query = "" }: Request = (await EXPECTED[name].request?.()) ?? {};
	return { path: (path ?? routePath(ROUTES[name], PARAMETERS)) + query, body };
}
