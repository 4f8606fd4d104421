/**
 * The routes of the control API, with the scope that a token needs for each. Client and platform use this table.
 */

/** The scopes of tokens for these routes. */
export const SCOPES = ["read", "sync", "deploy", "admin"] as const;
/** The only scope of a token for the Base44 CLI, which has other routes and another form of token. */
export const BASE44_SCOPE = "base44";
/** What a token may do. `admin` may use all of these routes. */
export type Scope = (typeof SCOPES)[number];

export interface Route {
	readonly method: "GET" | "PUT" | "POST" | "DELETE";
	/** `:app` stands for the app's id, `:hash` for a blob's hash, `:host` for a host name and `:id` for a token's id. */
	readonly path: string;
	/** Undefined for a route that needs no token. */
	readonly scope: Scope | undefined;
	/** Whether a token for one app may use the route although its path names no app. */
	readonly forTokensOfApps?: boolean;
	/** Whether a session of the web console may use the route although it is no `GET`. */
	readonly forConsole?: boolean;
}

export const ROUTES = {
	health: { method: "GET", path: "/healthz", scope: undefined },
	/** For what balances requests between nodes: 200 if this one takes requests, 503 if not. */
	ready: { method: "GET", path: "/readyz", scope: undefined },
	/** Metrics in Prometheus' text format. They name apps and functions, so the token must be for all apps. */
	metrics: { method: "GET", path: "/metrics", scope: "read" },
	/** The platform's public keys. A client compares them with its token's fingerprint before it trusts the platform. */
	platform: { method: "GET", path: "/v1/platform", scope: undefined },
	/** The nodes of the platform, and the state of the store. */
	status: { method: "GET", path: "/v1/status", scope: "read" },
	/** An OpenAPI description of this API. */
	openApi: { method: "GET", path: "/v1/openapi.json", scope: undefined },
	listApps: { method: "GET", path: "/v1/apps", scope: "read" },
	/** Creates the app. If it exists, returns it if vault and environment are the same, and 409 otherwise. */
	createApp: { method: "PUT", path: "/v1/apps/:app", scope: "sync" },
	showApp: { method: "GET", path: "/v1/apps/:app", scope: "read" },
	/** With `?wait=SECONDS`, streams one line of JSON for each event (`DeletionEvent`). */
	deleteApp: { method: "DELETE", path: "/v1/apps/:app", scope: "admin" },
	/** `?after=REVISION` */
	readChanges: { method: "GET", path: "/v1/apps/:app/changes", scope: "sync" },
	/** Streams one line of JSON for each event (`ChangeEvent`). */
	appendChange: { method: "POST", path: "/v1/apps/:app/changes", scope: "sync" },
	/** Stores one source file under its hash. */
	putBlob: { method: "PUT", path: "/v1/apps/:app/blobs/:hash", scope: "deploy" },
	/** Streams one line of JSON for each event (`DeployEvent`). */
	deploy: { method: "POST", path: "/v1/apps/:app/deployments", scope: "deploy" },
	/** `?files=true` adds the source files and the settings of each function. */
	listFunctions: { method: "GET", path: "/v1/apps/:app/functions", scope: "read" },
	/** `?name=NAME&name=NAME`. If one does not exist: 404, and nothing is deleted. `?wait=SECONDS` as for `deleteApp`. */
	deleteFunctions: { method: "DELETE", path: "/v1/apps/:app/functions", scope: "deploy" },
	/** `?function=NAME&since=MS&level=LEVEL&limit=N`; without `function`, all functions. */
	readLogs: { method: "GET", path: "/v1/apps/:app/logs", scope: "read" },
	/** Streams one line of JSON for each event (`LogEvent`) until the client disconnects. Also takes `after=POSITION`. */
	followLogs: { method: "GET", path: "/v1/apps/:app/logs/stream", scope: "read" },
	/** The request log, with the parameters of `readLogs`. */
	readRequests: { method: "GET", path: "/v1/apps/:app/requests", scope: "read" },
	/** Like `followLogs`; each event is a `RequestEvent`. */
	followRequests: { method: "GET", path: "/v1/apps/:app/requests/stream", scope: "read" },
	/** Creates a code with which a browser opens the web console with the rights of this token. */
	createConsoleCode: { method: "POST", path: "/v1/console/codes", scope: "read", forTokensOfApps: true },
	/** Changes a code for a session. */
	openConsoleSession: { method: "POST", path: "/v1/console/session", scope: undefined },
	showConsoleSession: { method: "GET", path: "/v1/console/session", scope: "read", forTokensOfApps: true },
	closeConsoleSession: { method: "DELETE", path: "/v1/console/session", scope: undefined },
	/** The names, versions and authors of an app's secrets. */
	listSecrets: { method: "GET", path: "/v1/apps/:app/secrets", scope: "sync" },
	/** The open requests for secrets that the environment lacks. */
	listSecretRequests: { method: "GET", path: "/v1/apps/:app/secret-requests", scope: "sync" },
	/** Keeps a value for a request, encrypted for the writers of the environment. */
	fillSecretRequest: {
		method: "POST",
		path: "/v1/apps/:app/secret-requests/:id/value",
		scope: "sync",
		forConsole: true,
	},
	readFilledValue: { method: "GET", path: "/v1/apps/:app/secret-requests/:id/value", scope: "sync" },
	discardFilledValue: { method: "DELETE", path: "/v1/apps/:app/secret-requests/:id/value", scope: "sync" },
	/** Adds the requests of a working copy, and the answers that decline them. */
	sendSecretRequests: { method: "PUT", path: "/v1/apps/:app/secret-requests", scope: "sync" },
	/** `?before=REVISION&name=NAME`: what each entry of the log changed, without the sealed values. */
	readHistory: { method: "GET", path: "/v1/apps/:app/history", scope: "sync" },
	/** `?function=NAME&step=MS`: requests, response times and memory of the last 24 hours. */
	readFigures: { method: "GET", path: "/v1/apps/:app/figures", scope: "read" },
	/** `?function=NAME`: how far each node is with the app, and how these functions are on it. */
	readNodes: { method: "GET", path: "/v1/apps/:app/nodes", scope: "read" },
	/** Server-sent events of what happens to an app, until the client disconnects. */
	followApp: { method: "GET", path: "/v1/apps/:app/events", scope: "read" },
	/** The routes of hosts and of tokens are for the whole platform. A token that is bound to an app may not use them. */
	listHosts: { method: "GET", path: "/v1/hosts", scope: "read" },
	/** Gives a host to an app. With `?wait=SECONDS`, streams one line of JSON for each event (`HostEvent`). */
	addHost: { method: "PUT", path: "/v1/hosts/:host", scope: "admin" },
	/** `?wait=SECONDS` as for `addHost`. */
	removeHost: { method: "DELETE", path: "/v1/hosts/:host", scope: "admin" },
	listTokens: { method: "GET", path: "/v1/tokens", scope: "admin" },
	/** The only answer that contains a token. */
	createToken: { method: "POST", path: "/v1/tokens", scope: "admin" },
	revokeToken: { method: "DELETE", path: "/v1/tokens/:id", scope: "admin" },
} as const satisfies Record<string, Route>;

/** The path of a route with the given parameters, which are percent-encoded. */
export function routePath(route: Route, parameters: Readonly<Record<string, string>> = {}): string {
	return route.path.replace(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
}
