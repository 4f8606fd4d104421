/**
 * Maps a request target to an app, a function and the path that the function sees. Pure.
 *
 * The path is split at literal slashes before any segment is decoded, so `%2F` never separates segments.
 * Only the segments of the prefix are decoded. The rest of the path reaches the function byte for byte.
 */

/** An app's functions by name, each with the lifetime of the function; undefined if there is no such app. */
export type FunctionsOf = (
	app: string,
) =>
	| { has(name: string): boolean; get?(name: string): { readonly firstDeployment: string } | undefined }
	| undefined;

export interface Route {
	app: string;
	function: string;
	/** The lifetime of the function, which distinguishes functions that had the same name; undefined if unknown. */
	firstDeployment?: string | undefined;
	/** `/<app>/<function>`, or `/<function>` if the path does not name the app. Decoded. */
	prefix: string;
	/** The part of the path that the gateway removes, if it is not the prefix. */
	removed?: string;
	/** The request target that the function gets, by default without the prefix. It begins with `/` and keeps the query. */
	target: string;
}

/** `malformed`: the path is invalid. `unknown`: there is no such app, or `app` has no such function. */
export type Routing =
	| { readonly route: Route }
	| { readonly route: undefined; readonly reason: "malformed" | "unknown"; readonly app?: string };

/** Uploads with longer names are rejected, so the comparison can stop here. */
const NAME_MAX = 256;
/** The spellings of `.` and `..` for URL parsers, which would remove the segment and perhaps the one before it. */
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;
/** The beginning of a segment that may be one. Most paths have none, so their segments need not be looked at. */
const DOT_BEGINNING = /\/(?:\.|%2e)/i;

const unknown = { route: undefined, reason: "unknown" } as const;
const malformed: Routing = { route: undefined, reason: "malformed" };

/** `/path?query` of an origin-form or absolute-form target. */
export function originForm(target: string): string {
	if (target.startsWith("/")) return target;
	const rest = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
	if (rest === undefined) return "";
	return rest.startsWith("/") ? rest : `/${rest}`;
}

/** The decoded segment, or undefined if it cannot be a part of a name. */
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
 * Finds the function with the longest name that is a prefix of the path.
 * @param requestTarget as on the request line: `/shop/api/billing/invoices?page=2`
 * @param onlyApp the app, if the path does not name it. The path then begins with the function: `/api/billing/invoices?page=2`
 */
export function matchRoute(requestTarget: string, functionsOf: FunctionsOf, onlyApp?: string): Routing {
	const target = originForm(requestTarget);
	const queryStart = target.indexOf("?");
	const pathEnd = queryStart === -1 ? target.length : queryStart;
	const path = target.slice(0, pathEnd);
	const segments = path.split("/");
	if (!path.startsWith("/")) return malformed;
	if (DOT_BEGINNING.test(path) && segments.some((segment) => DOT_SEGMENT.test(segment))) return malformed;
	const app = onlyApp ?? decode(segments[1] ?? "");
	const functions = app === undefined ? undefined : functionsOf(app);
	if (app === undefined || functions === undefined) return unknown;

	let best: { name: string; end: number } | undefined;
	let name = "";
	let end = onlyApp === undefined ? 1 + (segments[1]?.length ?? 0) : 0;
	for (const segment of segments.slice(onlyApp === undefined ? 2 : 1)) {
		const decoded = decode(segment);
		if (decoded === undefined || decoded === "") break;
		name = name === "" ? decoded : `${name}/${decoded}`;
		if (name.length > NAME_MAX) break;
		end += 1 + segment.length;
		if (functions.has(name)) best = { name, end };
	}
	if (best === undefined) return { ...unknown, app };
	const rest = target.slice(best.end);
	const route: Route = {
		app,
		function: best.name,
		firstDeployment: functions.get?.(best.name)?.firstDeployment,
		prefix: onlyApp === undefined ? `/${app}/${best.name}` : `/${best.name}`,
		target: rest.startsWith("/") ? rest : `/${rest}`,
	};
	return { route };
}

/**
 * The route of a function whose paths begin with its name: `/pay/x` for `/x`, `/pay` for `/`. The gateway removes the
 * rest of the prefix.
 */
export function withName(route: Route): Route {
	const { function: name, prefix, target } = route;
	const rest = /^\/(\?|$)/.test(target) ? target.slice(1) : target;
	const removed = prefix.slice(0, prefix.length - name.length - 1) || "/";
	return { ...route, target: `/${name}${rest}`, removed };
}
