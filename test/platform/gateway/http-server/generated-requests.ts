/** Requests as bytes (Latin-1), valid and damaged, from a seed. */
import { type Random, randomFrom } from "../../../torture/random.ts";

const METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "M-SEARCH", "PROPFIND"];
const TARGETS = ["/", "/a/b?c=d&e=%20", "/a//b", "http://h.example:80/x", "//h/y"];
/** Methods and targets that are not valid, or not with each other. */
const ODD = [
	"get / ",
	"FETCH / ",
	"GET * ",
	"OPTIONS * ",
	"GET /caf\xe9 ",
	"GET x ",
	"GET /a#b ",
	"CONNECT h:80 ",
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"];
const FIELDS = [
	"Host: h",
	"host: h.example:8080",
	"Accept: */*",
	"X-Empty:",
	"X-Blank: \t ",
	'Cookie: a=b; c="d, e"',
	"X-Latin: caf\xe9",
	"Connection: close",
	"Connection: keep-alive, X-Other",
	"Expect: 100-continue",
	"Content-Length: 0",
	"TE: trailers",
	"X-Long: ".padEnd(300, "y"),
	"X-Longer: ".padEnd(1_500, "z"),
];
const FRAMINGS = [
	"Content-Length: 5",
	"content-length: 005",
	"Transfer-Encoding: chunked",
	"TRANSFER-ENCODING: Chunked",
	"Transfer-Encoding: gzip, chunked",
	"Content-Length: +5",
	"Content-Length: 5, 5",
];
const CHUNKS = [
	"5\r\nhello\r\n0\r\n\r\n",
	"1\r\nh\r\n4;a=b\r\nello\r\n0\r\nX: y\r\n\r\n",
	'005;name="value, \t"\r\nhello\r\n000;last\r\n\r\n',
	"a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
];
/** What damage inserts: bytes with a meaning in HTTP, and bytes that must not appear. */
const INSERTED = [
	..."\r\n \t:;,=\"'+-0159afxX/\\#\0\x0b\x0c\x1f\x7f\x80\xff",
	...["\r\n", "\r\n\r\n", "\n\n", ": ", "chunked", "Content-Length: 3\r\n", "0\r\n\r\n", "HTTP/1.1"],
];

function one(random: Random): string {
	const usual = `${random.pick(METHODS)} ${random.pick(TARGETS)} `;
	const lines = [(random.chance(0.1) ? random.pick(ODD) : usual) + random.pick(VERSIONS)];
	if (random.int(8) > 0) lines.push("Host: h");
	for (let count = random.int(4); count > 0; count--) lines.push(random.pick(FIELDS));
	const framing = random.int(2) === 0 ? random.pick(FRAMINGS) : undefined;
	if (framing !== undefined) lines.splice(1 + random.int(lines.length), 0, framing);
	const body = framing === undefined ? "" : /chunked/i.test(framing) ? random.pick(CHUNKS) : "hello";
	return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function damaged(random: Random, bytes: string): string {
	const anywhere = random.int(bytes.length);
	// Most of what has a meaning is beside such a byte.
	const delimiter = bytes.slice(anywhere).search(/[\r\n:; ]/);
	const at = random.chance(0.5) && delimiter !== -1 ? anywhere + delimiter + random.int(2) : anywhere;
	const length = random.int(3);
	const inserted = random.int(4) === 0 ? "" : random.pick(INSERTED);
	return bytes.slice(0, at) + inserted + bytes.slice(at + length);
}

/** One or more requests of a connection. The same seed gives the same bytes. */
export function generatedRequests(seed: number): string {
	const random = randomFrom(seed);
	let bytes = "";
	for (let count = 1 + random.int(3); count > 0; count--) bytes += one(random);
	// Two thirds of them are undamaged.
	for (let count = Math.max(0, random.int(6) - 3); count > 0; count--) bytes = damaged(random, bytes);
	return bytes;
}
