/**
 * The control API's routes, with the scope that each asks of a token. Client and platform both read this table.
 */

/** What a token may be made for on these routes. */
export const SCOPES = ["read", "sync", "deploy", "admin"] as const;
/** The one scope of a token for the Base44 CLI, which has routes of its own and a token in another form. */
export const BASE44_SCOPE = "base44";
/** What a token may do. `admin` may do everything that these routes offer. */
export type Scope = (typeof SCOPES)[number];

export interface Route {
	readonly method: "GET" | "PUT" | "POST" | "DELETE";
	/** With `:app` for the app's id, `:hash` for a blob's and `:id` for a token's. */
	readonly path: string;
	/** Undefined for a route that asks for no token. */
	readonly scope: Scope | undefined;
}

export const ROUTES = {
	health: { method: "GET", path: "/healthz", scope: undefined },
	/** What it counts, in Prometheus' text format. Names apps and functions: for a token of all apps. */
	metrics: { method: "GET", path: "/metrics", scope: "read" },
	/** Who the platform is; what a client checks a token's fingerprint against before it trusts anything. */
	platform: { method: "GET", path: "/v1/platform", scope: undefined },
	/** The API described for programs. */
	openApi: { method: "GET", path: "/v1/openapi.json", scope: undefined },
	listApps: { method: "GET", path: "/v1/apps", scope: "read" },
	/** Creates the app, or answers with the one that is there when vault and environment are the same (409 otherwise). */
	createApp: { method: "PUT", path: "/v1/apps/:app", scope: "sync" },
	showApp: { method: "GET", path: "/v1/apps/:app", scope: "read" },
	deleteApp: { method: "DELETE", path: "/v1/apps/:app", scope: "admin" },
	/** `?after=REVISION` */
	readChanges: { method: "GET", path: "/v1/apps/:app/changes", scope: "sync" },
	/** Answers with a line of JSON per event (`ChangeEvent`), as they happen. */
	appendChange: { method: "POST", path: "/v1/apps/:app/changes", scope: "sync" },
	/** Stores one source file under its hash. */
	putBlob: { method: "PUT", path: "/v1/apps/:app/blobs/:hash", scope: "deploy" },
	/** Answers with a line of JSON per event (`DeployEvent`), as they happen. */
	deploy: { method: "POST", path: "/v1/apps/:app/deployments", scope: "deploy" },
	/** `?files=true`: with the files that each was deployed from, and its settings. */
	listFunctions: { method: "GET", path: "/v1/apps/:app/functions", scope: "read" },
	/** `?name=NAME&name=NAME`; one that is not there: 404, and nothing is deleted. */
	deleteFunctions: { method: "DELETE", path: "/v1/apps/:app/functions", scope: "deploy" },
	/** `?function=NAME&since=MS&level=LEVEL&limit=N`; all functions where none is named. */
	readLogs: { method: "GET", path: "/v1/apps/:app/logs", scope: "read" },
	/** The same and `&after=POSITION`: a line of JSON per event (`LogEvent`), as they happen, until the client goes. */
	followLogs: { method: "GET", path: "/v1/apps/:app/logs/stream", scope: "read" },
	/** Which requests functions were sent, and what became of each; with the parameters of `readLogs`. */
	readRequests: { method: "GET", path: "/v1/apps/:app/requests", scope: "read" },
	/** The same, as `followLogs`; each event is a `RequestEvent`. */
	followRequests: { method: "GET", path: "/v1/apps/:app/requests/stream", scope: "read" },
	/** These three are about the whole platform: a token that is bound to an app may do none of them. */
	listTokens: { method: "GET", path: "/v1/tokens", scope: "admin" },
	/** The one answer that holds a token. */
	createToken: { method: "POST", path: "/v1/tokens", scope: "admin" },
	revokeToken: { method: "DELETE", path: "/v1/tokens/:id", scope: "admin" },
} as const satisfies Record<string, Route>;

/** A route's path with its parameters put in. */
export function routePath(route: Route, parameters: Readonly<Record<string, string>> = {}): string {
	return route.path.replace(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
}
