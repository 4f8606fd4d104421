/**
 * Reads the header fields of an HTTP/2 request (RFC 9113, section 8) as the head of an HTTP/1.1 request. Pure. The
 * function gets HTTP/1.1, so a request must keep every rule of both versions: the text of the other version is made
 * here, and the strict parser reads it.
 */
import { BadRequest } from "../http-server/bad-request.ts";
import { HEAD_BYTES_MAX, parseRequestHead, type RequestHead } from "../http-server/request-head.ts";
import { TEXT, TOKEN } from "../syntax/fields.ts";

const PSEUDO = new Set([":method", ":scheme", ":authority", ":path"]);
const UPPER_CASE = /[A-Z]/;
/** Headers of a connection of HTTP/1.1. A request of HTTP/2 that has one is malformed (RFC 9113, section 8.2.2). */
const OF_CONNECTION = new Set([
	"connection",
	"http2-settings",
	"keep-alive",
	"proxy-connection",
	"transfer-encoding",
	"upgrade",
]);

class Fields {
	readonly #pseudo = new Map<string, string>();
	/** Names and values in turns, without `cookie`. */
	readonly #fields: string[] = [];
	#cookie: string | undefined;
	/** The place of the first cookie among the other fields. */
	#cookieAt = 0;

	add(name: string, value: string): void {
		if (!TEXT.test(value)) throw new BadRequest(400);
		if (name.startsWith(":")) this.#addPseudo(name, value);
		else if (!TOKEN.test(name) || UPPER_CASE.test(name) || OF_CONNECTION.has(name)) throw new BadRequest(400);
		else if (name === "te" && value.toLowerCase() !== "trailers") throw new BadRequest(400);
		else if (name === "cookie") this.#addCookie(value);
		else if (name !== "host" || value !== this.#pseudo.get(":authority")) this.#fields.push(name, value);
	}

	#addPseudo(name: string, value: string): void {
		const isLate = this.#fields.length > 0 || this.#cookie !== undefined;
		if (isLate || !PSEUDO.has(name) || this.#pseudo.has(name)) throw new BadRequest(400);
		this.#pseudo.set(name, value);
	}

	/** A client may send each cookie alone. HTTP/1.1 has one field for all of them (RFC 9113, section 8.2.3). */
	#addCookie(value: string): void {
		if (this.#cookie === undefined) this.#cookieAt = this.#fields.length;
		this.#cookie = this.#cookie === undefined ? value : `${this.#cookie}; ${value}`;
	}

	/** The same request as the text of HTTP/1.1, without the empty line at its end. */
	toText(): string {
		const path = this.#pseudo.get(":path") ?? "";
		const isTarget = path.startsWith("/") || path === "*";
		if (!isTarget || this.#pseudo.get(":scheme") !== "https") throw new BadRequest(400);
		const fields = [...this.#fields];
		if (this.#cookie !== undefined) fields.splice(this.#cookieAt, 0, "cookie", this.#cookie);
		const authority = this.#pseudo.get(":authority");
		if (authority !== undefined) fields.unshift("host", authority);
		let text = `${this.#pseudo.get(":method") ?? ""} ${path} HTTP/1.1`;
		for (let index = 0; index < fields.length; index += 2)
			text += `\r\n${fields[index]}: ${fields[index + 1]}`;
		return text;
	}
}

/**
 * Reads the header of a request.
 * @param raw a flat list: name, value, name, value, …, as they arrived, with pseudo-headers
 * @throws BadRequest
 */
export function readRequestFields(raw: readonly string[]): RequestHead {
	const fields = new Fields();
	for (let index = 0; index < raw.length; index += 2) fields.add(raw[index] ?? "", raw[index + 1] ?? "");
	const text = fields.toText();
	if (text.length > HEAD_BYTES_MAX) throw new BadRequest(431);
	return parseRequestHead(text);
}
