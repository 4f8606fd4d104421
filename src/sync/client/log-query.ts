/** Which lines of the logs of functions to read, as the parameters of a request. */

/** Which lines of a function's log to read. */
export interface WantedLines {
	/** Milliseconds since 1970. */
	readonly sinceMs?: number | undefined;
	readonly level?: "info" | "error" | undefined;
	/** Only this many of the latest lines. */
	readonly limit?: number | undefined;
	/** Only lines after these positions: one, or `NODE:POSITION` for each node. */
	readonly after?: readonly string[] | undefined;
}

/** @param names the functions; all if there are none */
export function logQuery(
	names: readonly string[],
	{ after, sinceMs, level, limit }: WantedLines,
): URLSearchParams {
	const query = new URLSearchParams(names.map((name): [string, string] => ["function", name]));
	for (const [key, value] of Object.entries({ since: sinceMs, level, limit }))
		if (value !== undefined) query.set(key, String(value));
	for (const position of after ?? []) query.append("after", position);
	return query;
}
