/**
 * Requests, as bytes, whose end two parsers could find at different positions. A plain request, `last`,
 * follows each on its connection. A correct server either reads the first request and then `last`, or refuses
 * the first one and closes the connection.
 */

/** The expected outcome: a 4xx response and the end of the connection, or the requests that are read before `last`. */
export type Outcome = "refused" | readonly (readonly [path: string, body: string])[];

export interface SmugglingCase {
	readonly name: string;
	/** As latin-1. */
	readonly bytes: string;
	readonly outcome: Outcome;
}

const CRLF = "\r\n";
const ONCE: Outcome = [["/first", "hello"]];
const NONE = [["/first", ""]] as const;
const CHUNKED = "Transfer-Encoding: chunked";
const HELLO = `5${CRLF}hello${CRLF}0${CRLF}${CRLF}`;

/** Builds the bytes of requests to a server whose paths begin with the prefix. */
class Requests {
	readonly #prefix: string;
	constructor(prefix: string) {
		this.#prefix = prefix;
	}

	start(path: string, method: string): string {
		return `${method} ${this.#prefix}${path} HTTP/1.1${CRLF}`;
	}

	post(lines: readonly string[], body: string): string {
		return `${this.start("/first", "POST")}${["Host: h", ...lines].join(CRLF)}${CRLF}${CRLF}${body}`;
	}

	get(lines: readonly string[], body = ""): string {
		return this.post(lines, body).replace("POST", "GET");
	}

	/** A body that no parser may read as a separate request. */
	get smuggled(): string {
		return `${this.start("/smuggled", "GET")}Host: h${CRLF}${CRLF}`;
	}
}

type Row = readonly [name: string, bytes: string, outcome?: Outcome | undefined];

/** A Content-Length together with chunked encoding. */
function twoFramings({ get, post, smuggled }: Bound): Row[] {
	return [
		["CL.TE", post(["Content-Length: 5", CHUNKED], `0${CRLF}${CRLF}${smuggled}`)],
		["TE.CL", post([CHUNKED, "Content-Length: 4"], HELLO)],
		["CL.TE whose length is 0", post(["Content-Length: 0", CHUNKED], smuggled)],
		["TE.0: chunks that somebody would not read", post([CHUNKED], HELLO), ONCE],
		[
			"CL.0: a body that looks like a request",
			post([`Content-Length: ${smuggled.length}`], smuggled),
			[["/first", smuggled]],
		],
		["0.CL: a GET with a body", get([`Content-Length: ${smuggled.length}`], smuggled), NONE],
	];
}

/** Transfer encodings that some parsers treat as chunked and others do not. */
function encodings({ post, smuggled }: Bound): Row[] {
	const lines = [
		["another word", "Transfer-Encoding: xchunked"],
		["a list, chunked first", "Transfer-Encoding: chunked, identity"],
		["a list, chunked last", "Transfer-Encoding: identity, chunked"],
		["gzip, chunked", "Transfer-Encoding: gzip, chunked"],
		["chunked twice", "Transfer-Encoding: chunked, chunked"],
		["identity", "Transfer-Encoding: identity"],
		["nothing", "Transfer-Encoding:"],
		["quotes", 'Transfer-Encoding: "chunked"'],
		["a parameter", "Transfer-Encoding: chunked;q=1"],
		["a vertical tab", "Transfer-Encoding: \x0bchunked"],
		["a NUL", "Transfer-Encoding: chunked\0"],
		["a letter of Latin-1", "Transfer-Encoding: chunke\xe4"],
		["a comma before it", "Transfer-Encoding: ,chunked"],
		["a space before the colon", "Transfer-Encoding : chunked"],
		["a tab before the colon", "Transfer-Encoding\t: chunked"],
		["a folded line", `Transfer-Encoding:${CRLF} chunked`],
		["a space before the name", " Transfer-Encoding: chunked"],
	] as const;
	const body = `0${CRLF}${CRLF}${smuggled}`;
	return [
		...lines.flatMap(([name, line]): Row[] => [
			[`CL.TE with ${name}`, post(["Content-Length: 5", line], body)],
			[`TE with ${name}`, post([line], HELLO)],
		]),
		["TE on two lines", post(["Transfer-Encoding: identity", CHUNKED], HELLO)],
		["TE on two lines, chunked both", post([CHUNKED, CHUNKED], HELLO)],
		["TE in capitals", post(["TRANSFER-ENCODING:  CHUNKED"], HELLO), ONCE],
		[
			"TE with an underscore, which is another header",
			post(["Content-Length: 5", "Transfer_Encoding: chunked"], "hello"),
			ONCE,
		],
		["HTTP/1.0 with chunks", post([CHUNKED], HELLO).replace("HTTP/1.1", "HTTP/1.0")],
	];
}

function lengths({ post }: Bound): Row[] {
	const values = [
		["a plus", "+5"],
		["a minus", "-5"],
		["hexadecimal", "0x5"],
		["a fraction", "5.0"],
		["an exponent", "5e0"],
		["a list of the same", "5, 5"],
		["a list of others", "5, 6"],
		["a space within", "5 5"],
		["nothing", ""],
		["a letter", "5a"],
		["an underscore", "1_0"],
		["more than 64 bits", "18446744073709551621"],
		["a NUL behind", "5\0"],
		["a digit of another script", "\xb5"],
	] as const;
	const lines: readonly (readonly [name: string, lines: readonly string[], outcome?: Outcome])[] = [
		["a length with zeros before it", ["Content-Length: 005"], ONCE],
		["a length with spaces around it", ["Content-Length: \t5 "], ONCE],
		["two equal lengths", ["Content-Length: 5", "Content-Length: 5"]],
		["two lengths", ["Content-Length: 5", "Content-Length: 50"]],
		["two lengths in other spellings", ["content-length: 50", "CONTENT-LENGTH: 5"]],
		["a length on a folded line", [`Content-Length:${CRLF} 5`]],
		["a space before the length's colon", ["Content-Length : 5"]],
		["a length behind a bare CR", ["X: a\rContent-Length: 5"]],
		["a length behind a bare LF", ["X: a\nContent-Length: 5"]],
		["a length behind a NUL", ["X: a\0Content-Length: 5"]],
	];
	return [
		...values.map(
			([name, value]): Row => [`a length with ${name}`, post([`Content-Length: ${value}`], "hello")],
		),
		...lines.map(([name, head, outcome]): Row => [name, post(head, "hello"), outcome]),
	];
}

function chunks({ post }: Bound): Row[] {
	const end = `${CRLF}0${CRLF}${CRLF}`;
	const bodies = [
		["an invalid size", `x${CRLF}hello${end}`],
		["a size with 0x", `0x5${CRLF}hello${end}`],
		["a size with a plus", `+5${CRLF}hello${end}`],
		["a negative size", `-5${CRLF}hello${end}`],
		["a size of more than 64 bits", `10000000000000005${CRLF}hello${end}`],
		["a size with a space before it", ` 5${CRLF}hello${end}`],
		["a size with a space behind it", `5 ${CRLF}hello${end}`],
		["no size", `${CRLF}hello${end}`],
		["a size that is too small", `3${CRLF}hello${end}`],
		["a size that is too large", `6${CRLF}hello${end}`],
		["a bare LF behind the size", `5\nhello${end}`],
		["a bare CR behind the size", `5\rhello${end}`],
		["a bare LF behind the data", `5${CRLF}hello\n0${CRLF}${CRLF}`],
		["bare LFs at the end", `5${CRLF}hello${CRLF}0\n\n`],
		["no last chunk", `5${CRLF}hello${CRLF}`],
		["a bare LF in an extension", `5;a\nb${CRLF}hello${end}`],
		["a bare CR in an extension", `5;a\rb${CRLF}hello${end}`],
		["an extension of 64 KiB", `5;${"a".repeat(65_536)}${CRLF}hello${end}`],
	] as const;
	const trailer = (line: string) => `5${CRLF}hello${CRLF}0${CRLF}${line}${CRLF}${CRLF}`;
	return [
		...bodies.map(([name, body]): Row => [`chunks with ${name}`, post([CHUNKED], body)]),
		["chunks with an extension", post([CHUNKED], `5;a=b${CRLF}hello${CRLF}0;c${CRLF}${CRLF}`), ONCE],
		["chunks with zeros", post([CHUNKED], `0005${CRLF}hello${CRLF}00${CRLF}${CRLF}`), ONCE],
		["trailers that frame", post([CHUNKED], trailer("Content-Length: 50"))],
		["trailers that encode", post([CHUNKED], trailer("Transfer-Encoding: chunked"))],
		["trailers that route", post([CHUNKED, "Trailer: Host"], trailer("Host: evil")), ONCE],
		["trailers that are none", post([CHUNKED], trailer("no colon here"))],
	];
}

function heads({ get, prefix }: Bound): Row[] {
	return [
		["a bare LF behind the request line", get([]).replace(CRLF, "\n")],
		["bare LFs behind every line", get(["X: a"]).replaceAll(CRLF, "\n")],
		["a bare CR behind the request line", get([]).replace(CRLF, "\r")],
		["a bare CR in a value", get(["X: a\rb"])],
		["a bare LF in a value", get(["X: a\nb"])],
		["a NUL in a value", get(["X: a\0b"])],
		["a NUL in a name", get(["X\0Y: a"])],
		["a name with a space", get(["X Y: a"])],
		["a space before the colon", get(["X : a"])],
		["a folded line", get([`X: a${CRLF} b`])],
		["a line without a colon", get(["nothing"])],
		["an empty name", get([": a"])],
		["no Host", get([]).replace(`Host: h${CRLF}`, "")],
		["two Hosts", get(["Host: evil"])],
		["two equal Hosts", get(["Host: h"])],
		["a head of 40 KiB", get([`X: ${"a".repeat(40_960)}`])],
		["HTTP/0.9", `GET ${prefix}/first${CRLF}`],
		["HTTP/1.1 in small letters", get([]).replace("HTTP", "http")],
		["HTTP/2.0 in plain text", get([]).replace("HTTP/1.1", "HTTP/2.0")],
		["HTTP/1.2", get([]).replace("HTTP/1.1", "HTTP/1.2")],
		["the preface of HTTP/2", `PRI * HTTP/2.0${CRLF}${CRLF}SM${CRLF}${CRLF}`],
		["a space in the target", get([]).replace("/first", "/fir st")],
		["a tab behind the method", get([]).replace("GET ", "GET\t")],
		["a NUL in the target", get([]).replace("/first", "/first\0")],
		["an invalid method", get([]).replace("GET", "G@T")],
		["pipelined requests", get([]) + get([]), [...NONE, ...NONE]],
		["empty lines before a request", CRLF + get([]), NONE],
	];
}

interface Bound {
	readonly prefix: string;
	readonly smuggled: string;
	readonly get: Requests["get"];
	readonly post: Requests["post"];
}

/** The cases, for a server whose paths begin with the prefix. */
export function smugglingCases(prefix: string): SmugglingCase[] {
	const requests = new Requests(prefix);
	const bound: Bound = {
		prefix,
		smuggled: requests.smuggled,
		get: (lines, body) => requests.get(lines, body),
		post: (lines, body) => requests.post(lines, body),
	};
	return [twoFramings, encodings, lengths, chunks, heads]
		.flatMap((rows) => rows(bound))
		.map(([name, bytes, outcome = "refused"]) => ({ name, bytes, outcome }));
}
