/** The header fields of a response to a client of HTTP/2. Pure. */
import type { OutgoingHttpHeaders } from "node:http2";

/** These have values with commas of their own, so that several of them cannot be joined. */
const SEPARATE = new Set(["set-cookie", "www-authenticate"]);

/**
 * The header fields, as `node:http2` takes them. It allows several fields of one name only for some names, so the values
 * of the others are joined, which means the same (RFC 9110, section 5.3).
 * @param headers a flat list (`[name, value, …]`) without headers of the connection
 */
export function responseFields(status: number, headers: readonly string[]): OutgoingHttpHeaders {
	// Without a prototype, `__proto__` is a name like any other.
	const fields = Object.create(null) as Record<string, number | string | string[]>;
	fields[":status"] = status;
	for (let index = 0; index < headers.length; index += 2) {
		const name = (headers[index] ?? "").toLowerCase();
		const value = headers[index + 1] ?? "";
		const before = fields[name];
		// The header of an upgrade to HTTP/2, which node:http2 refuses to send.
		if (name === "http2-settings") continue;
		if (SEPARATE.has(name)) fields[name] = Array.isArray(before) ? [...before, value] : [value];
		else fields[name] = before === undefined ? value : `${before}, ${value}`;
	}
	return fields;
}
