/** Requests of real clients, and their forms: what stays the same for other names, values and places. */

export interface RecordedRequest {
	readonly method: string;
	readonly path: string;
	readonly query: Readonly<Record<string, string>>;
	readonly authorization: string;
	readonly contentType?: string | undefined;
	readonly body?: unknown;
}

/** The keys that an API gives. Every other key of a body is the name of a secret. */
const KEYS = new Set(["name", "value", "text", "type", "secrets", "encrypted_value", "key_id", "sealed"]);

/** The form of a body: keys and types, without values. Of a list or a map, each form once. */
function bodyForm(value: unknown): string {
	if (value === null) return "null";
	if (typeof value !== "object") return typeof value;
	const forms = (values: readonly unknown[]) => [...new Set(values.map(bodyForm))].sort().join("|");
	if (Array.isArray(value)) return `[${forms(value)}]`;
	const keys = Object.keys(value);
	if (!keys.every((key) => KEYS.has(key))) return `{*: ${forms(Object.values(value))}}`;
	return `{${Object.entries(value)
		.map(([key, part]) => `${key}: ${bodyForm(part)}`)
		.sort()
		.join(", ")}}`;
}

/** Names of secrets, projects, repositories, environments, accounts and Workers in a path. */
function pathForm(path: string): string {
	return path
		.replace(/\/projects\/[^/]+/, "/projects/*")
		.replace(/\/repos\/[^/]+\/[^/]+/, "/repos/*")
		.replace(/\/environments\/[^/]+/, "/environments/*")
		.replace(/\/accounts\/[^/]+/, "/accounts/*")
		.replace(/\/scripts\/[^/]+/, "/scripts/*")
		.replace(/\/secrets\/(?!public-key$)[^/]+$/, "/secrets/*");
}

/** The form of a request. A `charset` of the body's type says what JSON says anyway. */
export function formOf(request: RecordedRequest, token: string): string {
	const { authorization, body, contentType = "", method, path, query } = request;
	const parts = [
		method,
		pathForm(path),
		Object.keys(query).sort().join(","),
		authorization.replace(token, "*"),
		contentType.replace(/; charset=utf-8$/, ""),
		body === undefined ? "" : bodyForm(body),
	];
	return parts.join(" ");
}
