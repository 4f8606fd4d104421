/** The addresses of what the pages show. */
import { ROUTES, type Route, routePath } from "../../protocol/routes.ts";

const appPath = (route: Route, app: string, query: [string, string][] = []): string => {
	const text = new URLSearchParams(query).toString();
	return routePath(route, { app }) + (text === "" ? "" : `?${text}`);
};

const optional = (key: string, value: string | undefined): [string, string][] =>
	value === undefined ? [] : [[key, value]];

/** Which lines a log shows. */
export interface LogQuery {
	readonly function?: string;
	readonly level?: string;
	readonly limit?: number;
	/** Positions after which it continues, one for each node. */
	readonly after?: readonly string[];
}

function logPath(route: Route, app: string, { after = [], ...query }: LogQuery): string {
	const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
	return appPath(route, app, [
		...given.map(([key, value]): [string, string] => [key, String(value)]),
		...after.map((position): [string, string] => ["after", position]),
	]);
}

export const PATHS = {
	session: ROUTES.showConsoleSession.path,
	apps: ROUTES.listApps.path,
	status: ROUTES.status.path,
	tokens: ROUTES.listTokens.path,
	hosts: ROUTES.listHosts.path,
	functions: (app: string) => appPath(ROUTES.listFunctions, app),
	secrets: (app: string) => appPath(ROUTES.listSecrets, app),
	secretRequests: (app: string) => appPath(ROUTES.listSecretRequests, app),
	/** @param name the only secret whose entries are wanted */
	history: (
		app: string,
		{ before, name }: { readonly before?: number | undefined; readonly name?: string } = {},
	) =>
		appPath(ROUTES.readHistory, app, [
			...optional("name", name),
			...optional("before", before === undefined ? undefined : String(before)),
		]),
	figures: (app: string, stepMs: number, name?: string) =>
		appPath(ROUTES.readFigures, app, [["step", String(stepMs)], ...optional("function", name)]),
	/** Without a function: the beginning of all of these addresses. */
	nodes: (app: string, name?: string) => appPath(ROUTES.readNodes, app, optional("function", name)),
	events: (app: string) => appPath(ROUTES.followApp, app),
	logStream: (app: string, query: LogQuery) => logPath(ROUTES.followLogs, app, query),
	requestStream: (app: string, query: LogQuery) => logPath(ROUTES.followRequests, app, query),
} as const;
