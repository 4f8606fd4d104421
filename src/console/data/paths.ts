/** The addresses of what the pages show. */
import { ROUTES, type Route, routePath } from "../../protocol/routes.ts";

const appPath = (route: Route, app: string, query: Readonly<Record<string, string>> = {}): string => {
	const text = new URLSearchParams(query).toString();
	return routePath(route, { app }) + (text === "" ? "" : `?${text}`);
};

/** Which lines a log shows. */
export interface LogQuery {
	readonly function?: string;
	readonly level?: string;
	readonly limit?: number;
	readonly after?: string | undefined;
}

function logQuery(query: LogQuery): Record<string, string> {
	const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
	return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
}

export const PATHS = {
	session: ROUTES.showConsoleSession.path,
	apps: ROUTES.listApps.path,
	status: ROUTES.status.path,
	tokens: ROUTES.listTokens.path,
	hosts: ROUTES.listHosts.path,
	functions: (app: string) => appPath(ROUTES.listFunctions, app),
	secrets: (app: string) => appPath(ROUTES.listSecrets, app),
	history: (app: string, before?: number) =>
		appPath(ROUTES.readHistory, app, before === undefined ? {} : { before: String(before) }),
	figures: (app: string, stepMs: number, name?: string) =>
		appPath(ROUTES.readFigures, app, { step: String(stepMs), ...(name !== undefined && { function: name }) }),
	events: (app: string) => appPath(ROUTES.followApp, app),
	logStream: (app: string, query: LogQuery) => appPath(ROUTES.followLogs, app, logQuery(query)),
	requestStream: (app: string, query: LogQuery) => appPath(ROUTES.followRequests, app, logQuery(query)),
} as const;
