/**
 * From a request target to an app, a function and the path that the function sees. Pure.
 *
 * The path is split at literal slashes before anything is decoded, so that `%2F` never separates segments.
 * Only the segments of the prefix are decoded; what follows it reaches the function byte for byte.
 */

/** An app's functions by their names, and which of that name each is; undefined where there is no such app. */
export type FunctionsOf = (
	app: string,
) => { has(name: string): boolean; get?(name: string): { readonly began: string } | undefined } | undefined;

export interface Route {
	app: string;
	function: string;
	/** Which function of that name it is; undefined where that is not known. */
	began?: string | undefined;
	/** `/<app>/<function>` in canonical spelling. */
	prefix: string;
	/** The request target without the prefix: begins with `/`, query kept. */
	target: string;
}

/** `malformed` is the client's mistake, `unknown` is nothing here; `app` is the app that has no such function. */
export type Routing = { route: Route } | { route: undefined; reason: "malformed" | "unknown"; app?: string };

/** Longer names are refused at upload, so that no path is compared for longer. */
const LONGEST_NAME = 256;
/** What URL parsers take for `.` and `..`: the segment would vanish, and its neighbour with it. */
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

const unknown = { route: undefined, reason: "unknown" } as const;
const malformed: Routing = { route: undefined, reason: "malformed" };

/** `/path?query` of an origin-form or absolute-form target. */
export function originForm(target: string): string {
	if (target.startsWith("/")) return target;
	const rest = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
	if (rest === undefined) return "";
	return rest.startsWith("/") ? rest : `/${rest}`;
}

/** The decoded segment, or undefined where it can be no part of a name. */
function decode(segment: string): string | undefined {
	if (!segment.includes("%")) return segment;
	try {
		const text = decodeURIComponent(segment);
		return text.includes("/") ? undefined : text;
	} catch {
		return undefined;
	}
}

/**
 * The longest function name that the path begins with.
 * @param requestTarget as it is on the request line: `/shop/api/billing/invoices?page=2`
 */
export function matchRoute(requestTarget: string, functionsOf: FunctionsOf): Routing {
	const target = originForm(requestTarget);
	const queryStart = target.indexOf("?");
	const pathEnd = queryStart === -1 ? target.length : queryStart;
	const segments = target.slice(0, pathEnd).split("/");
	if (!target.startsWith("/") || segments.some((segment) => DOT_SEGMENT.test(segment))) return malformed;
	const app = decode(segments[1] ?? "");
	const functions = app === undefined ? undefined : functionsOf(app);
	if (app === undefined || functions === undefined) return unknown;

	let best: { name: string; end: number } | undefined;
	let name = "";
	let end = 1 + (segments[1]?.length ?? 0);
	for (const segment of segments.slice(2)) {
		const decoded = decode(segment);
		if (decoded === undefined || decoded === "") break;
		name = name === "" ? decoded : `${name}/${decoded}`;
		if (name.length > LONGEST_NAME) break;
		end += 1 + segment.length;
		if (functions.has(name)) best = { name, end };
	}
	if (best === undefined) return { ...unknown, app };
	const rest = target.slice(best.end);
	const route: Route = {
		app,
		function: best.name,
		began: functions.get?.(best.name)?.began,
		prefix: `/${app}/${best.name}`,
		target: rest.startsWith("/") ? rest : `/${rest}`,
	};
	return { route };
}
