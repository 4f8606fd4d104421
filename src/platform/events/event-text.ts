/** Reads events from entries whose codes were checked before. */

/** The type of the event that converts a stream from the earlier form to the current one. */
export const CHAINED = "chained";

/**
 * The event of an entry. Its code is not checked here. Undefined for the entry that only converts a stream to
 * the current form.
 * @throws SyntaxError if the body is not JSON, TypeError if it is `null`
 */
export function eventOf(body: string): { readonly type?: unknown } | undefined {
	const { code: _, mac: __, ...event } = JSON.parse(body) as { code?: string; mac?: string; type?: unknown };
	return event.type === CHAINED ? undefined : event;
}
