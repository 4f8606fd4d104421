/** Responses of functions as bytes, valid and invalid, and what a client makes of them. */

/** A response, as one text. `body` is what is inside of the framing. */
export interface Received {
	readonly status: number;
	readonly reason: string;
	readonly headers: readonly string[];
	readonly body: string;
}

const head = (...lines: string[]) => `${["HTTP/1.1 200 OK", ...lines].join("\r\n")}\r\n\r\n`;
const CHUNKED = "Transfer-Encoding: chunked";
const chunks = (bytes: string) => head(CHUNKED) + bytes;

/** Every client accepts these. */
export const VALID: Readonly<Record<string, string>> = {
	"a length": `${head("Content-Length: 5", "X: y")}hello`,
	"a length of 0": head("Content-Length: 0"),
	"a length of 000": head("Content-Length: 000"),
	"blanks around a value": `${head("Content-Length:  5  ", "X:\t y z \t")}hello`,
	"an empty value": `${head("X:", "Content-Length: 1")}h`,
	"a value with Latin-1": `${head("X: caf\xe9\xa0", "Content-Length: 1")}h`,
	"no reason": "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nh",
	"a reason of several words": "HTTP/1.1 404 Not  Found at all\r\nContent-Length: 1\r\n\r\nh",
	"one chunk": chunks("5\r\nhello\r\n0\r\n\r\n"),
	"several chunks": chunks("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"),
	"a chunk size in capitals with zeros": chunks("000A\r\n0123456789\r\n00\r\n\r\n"),
	"a chunk that holds line ends": chunks("4\r\n\r\n\r\n\r\n0\r\n\r\n"),
	"an extension of a chunk": chunks('5;name="value";other\r\nhello\r\n0;last\r\n\r\n'),
	trailers: chunks("5\r\nhello\r\n0\r\nX: y\r\nZ: 1\r\n\r\n"),
	"another spelling of chunked": `${head("transfer-ENCODING: Chunked")}5\r\nhello\r\n0\r\n\r\n`,
	"early hints before it": `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head("Content-Length: 1")}h`,
	"status 204": "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
	"status 304 with a length": "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
};

/** The end of these is the end of the connection. */
export const UNTIL_CLOSE: Readonly<Record<string, string>> = {
	"neither length nor chunks": `${head("X: y")}hello`,
	"HTTP/1.0": "HTTP/1.0 200 OK\r\nX: y\r\n\r\nhello",
	"no headers": "HTTP/1.1 200 OK\r\n\r\nhello",
};

/** These are rejected, with a reason for the function's log. */
export const INVALID: Readonly<Record<string, readonly [bytes: string, fault: RegExp]>> = {
	"a version in small letters": ["http/1.1 200 OK\r\n\r\n", /not HTTP\/1\.1/],
	"HTTP/2.0": ["HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", /not HTTP\/1\.1/],
	"HTTP/1.2": ["HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", /not HTTP\/1\.1/],
	"no status": ["HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n", /not HTTP\/1\.1/],
	"a status of four digits": ["HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", /not HTTP\/1\.1/],
	"two blanks before the status": ["HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", /not HTTP\/1\.1/],
	"a line end before it": [`\r\n${head("Content-Length: 0")}`, /not HTTP\/1\.1/],
	"lines that end in LF alone": ["HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n", /reason|control/],
	"a CR within a value": [head("X: a\rb", "Content-Length: 0"), /control character/],
	"a folded header": [head("X: a", " b", "Content-Length: 0"), /colon|name of a header/],
	"a blank before the colon": [head("Content-Length : 0"), /name of a header/],
	"a line without a colon": [head("Content-Length"), /colon/],
	"a length with a sign": [head("Content-Length: +5"), /Content-Length/],
	"a length in hexadecimal": [head("Content-Length: 0x5"), /Content-Length/],
	"a list of lengths": [head("Content-Length: 5, 5"), /Content-Length/],
	"no length": [head("Content-Length:"), /Content-Length/],
	"the same length twice": [head("Content-Length: 5", "content-length: 5"), /Content-Length/],
	"a length and chunks": [head("Content-Length: 5", CHUNKED), /both/],
	"chunks twice": [head(CHUNKED, CHUNKED), /Transfer-Encoding/],
	"chunked and then another coding": [head("Transfer-Encoding: chunked, gzip"), /Transfer-Encoding/],
	"chunked with a vertical tab": [head("Transfer-Encoding: \x0bchunked"), /control character/],
	"chunks of HTTP/1.0": [`HTTP/1.0 200 OK\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`, /HTTP\/1\.0/],
	"a chunk without a size": [chunks("\r\nhello\r\n0\r\n\r\n"), /not chunked/],
	"a chunk size with a sign": [chunks("+5\r\nhello\r\n0\r\n\r\n"), /not chunked/],
	"a chunk size with 0x": [chunks("0x5\r\nhello\r\n0\r\n\r\n"), /not chunked/],
	"a blank before a chunk size": [chunks(" 5\r\nhello\r\n0\r\n\r\n"), /not chunked/],
	"a chunk size that ends in LF alone": [chunks("5\nhello\r\n0\r\n\r\n"), /not chunked/],
	"a chunk that is longer than its size": [chunks("4\r\nhello\r\n0\r\n\r\n"), /not chunked/],
	"a chunk size that no number holds": [chunks(`${"f".repeat(14)}\r\n`), /too large/],
	"a line end within an extension": [chunks("5;a\nb\r\nhello\r\n0\r\n\r\n"), /not chunked/],
	"extensions of 20 KiB": [chunks(`5;${"x".repeat(20_480)}\r\nhello\r\n0\r\n\r\n`), /too large/],
	"trailers of 20 KiB": [chunks(`0\r\n${`X: ${"y".repeat(1_000)}\r\n`.repeat(20)}\r\n`), /too large/],
	"headers of 20 KiB": [head(`X: ${"y".repeat(20_480)}`), /headers are too large/],
	"an endless header": [`HTTP/1.1 200 OK\r\nX: ${"y".repeat(20_480)}`, /headers are too large/],
};

/** Text of Latin-1 as bytes. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
