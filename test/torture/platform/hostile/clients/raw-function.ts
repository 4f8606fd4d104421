/**
 * A function that can write any bytes to its socket. Deno's server does not allow that, but a hostile
 * function might find a way. The path of a request determines the response.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";

type Answer = (socket: Socket, tag: string) => void;

const CRLF = "\r\n";

/** The bytes of a response. */
function head(status: string, lines: readonly string[] = [], body = ""): string {
	return [`HTTP/1.1 ${status}`, ...lines, "", body].join(CRLF);
}

const write = (bytes: (tag: string) => string) => (socket: Socket, tag: string) => {
	socket.write(bytes(tag), "latin1");
};
const sized = (tag: string) => `content-length: ${tag.length}`;
const chunked = (tag: string) => `${tag.length.toString(16)}${CRLF}${tag}${CRLF}`;
const LAST_CHUNK = `0${CRLF}${CRLF}`;
const TWO = "content-length: 2";

/** Valid responses, which the client must get, with the tag as their body if they have one. */
export const SOUND: Readonly<Record<string, Answer>> = {
	plain: write((tag) => head("200 OK", [sized(tag)], tag)),
	chunks: write((tag) => head("200 OK", ["transfer-encoding: chunked"], chunked(tag) + LAST_CHUNK)),
	trailers: write((tag) =>
		head("200 OK", ["transfer-encoding: chunked"], `${chunked(tag)}0${CRLF}x-trailer: 1${CRLF}${CRLF}`),
	),
	"until closed": (socket, tag) => void socket.end(head("200 OK", [], tag), "latin1"),
	"early hints": write((tag) => head("103 Early Hints") + head("200 OK", [sized(tag)], tag)),
	"no reason": write((tag) => head("200 ", [sized(tag)], tag)),
	"not found": write((tag) => head("404 Nothing Here", [sized(tag)], tag)),
	slow: (socket, tag) => {
		socket.write(head("200 OK", [sized(tag)], tag.slice(0, 1)));
		setTimeout(() => socket.write(tag.slice(1)), 5);
	},
	large: write((tag) => head("200 OK", ["content-length: 300000"], tag.padEnd(300_000, "."))),
};

/** Invalid responses, each with another fault. The client gets a 502, or its connection ends. */
export const ODD: Readonly<Record<string, Answer>> = {
	"status 099": write(() => head("099 Odd", [TWO], "hi")),
	"status 000": write(() => head("000 Odd", [TWO], "hi")),
	"status 700": write(() => head("700 Odd", [TWO], "hi")),
	"status of one digit": write(() => head("2 Odd", [TWO], "hi")),
	"control character in the reason": write(() => head("200 O\x01K", [TWO], "hi")),
	"long reason": write(() => head(`200 ${"x".repeat(5_000)}`, [TWO], "hi")),
	"control character in a value": write(() => head("200 OK", ["x: a\x01b", TWO], "hi")),
	"space in a name": write(() => head("200 OK", ["a b: c", TWO], "hi")),
	"folded header": write(() => head("200 OK", ["x: a", " b", TWO], "hi")),
	"too many headers": write(() => head("200 OK", [...Array<string>(1_000).fill("a: b"), TWO], "hi")),
	"too large headers": write(() => head("200 OK", [`x: ${"y".repeat(100_000)}`, TWO], "hi")),
	"two lengths": write(() => head("200 OK", [TWO, "content-length: 3"], "hi")),
	"the length twice": write(() => head("200 OK", [TWO, TWO], "hi")),
	"an invalid length": write(() => head("200 OK", ["content-length: -2"], "hi")),
	"length and chunks": write(() =>
		head("200 OK", [TWO, "transfer-encoding: chunked"], `2${CRLF}hi${CRLF}${LAST_CHUNK}`),
	),
	"another coding": write(() => head("200 OK", ["transfer-encoding: gzip"], "hi")),
	"an invalid chunk": write(() => head("200 OK", ["transfer-encoding: chunked"], `zz${CRLF}hi${CRLF}`)),
	"204 with a length": write(() => head("204 No Content", [TWO], "hi")),
	"an unrequested 101": write(() =>
		head("101 Switching", ["connection: upgrade", "upgrade: websocket"], "hi"),
	),
	"101 to another protocol": write(() =>
		head("101 Switching", ["connection: upgrade", "upgrade: h2c"], "hi"),
	),
	"101 with a length": write(() =>
		head("101 Switching", ["connection: upgrade", "upgrade: websocket", TWO], "hi"),
	),
	"an unrequested 100": write(() => head("100 Continue") + head("200 OK", [TWO], "hi")),
	"endless early hints": write(() => head("103 Early Hints").repeat(2_000)),
	"no HTTP at all": write(() => "hello there, this is not HTTP\r\n\r\n"),
	"HTTP/2": write(() => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	"line feeds alone": write(() => "HTTP/1.1 200 OK\ncontent-length: 2\n\nhi"),
	"bytes of all kinds": write(() =>
		String.fromCharCode(...Array.from({ length: 512 }, (_, index) => index % 256)),
	),
	nothing: (socket) => void socket.end(),
	// Unix sockets have no resets.
	reset: (socket) => void socket.destroy(),
	"the half of a head": (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-le"),
	"less than its length": (socket) =>
		void socket.end(head("200 OK", ["content-length: 100"], "hi"), "latin1"),
	"a chunk too few": (socket) =>
		void socket.end(head("200 OK", ["transfer-encoding: chunked"], `5${CRLF}he`)),
	"two answers": write(() => head("200 OK", [TWO], "hi").repeat(2)),
	"bytes behind the end": write(() => `${head("200 OK", [TWO], "hi")}more`),
	silence: () => undefined,
};

function answerTo(request: IncomingMessage): { answer: Answer; tag: string } {
	const url = new URL(request.url ?? "/", "http://function");
	const kind = decodeURIComponent(url.pathname.slice(1));
	const answer = SOUND[kind] ?? ODD[kind] ?? SOUND.plain;
	if (answer === undefined) throw new Error("There is no plain answer.");
	return { answer, tag: url.searchParams.get("tag") ?? "" };
}

/** Completes a handshake so that the gateway forwards bytes, and sends all of them back. */
function switchProtocols(socket: Socket): void {
	socket.write(head("101 Switching", ["connection: Upgrade", "upgrade: websocket"]), "latin1");
	socket.pipe(socket);
}

/**
 * Serves on a Unix socket. A request for `/switch` is upgraded. For other requests, the path determines the
 * response.
 */
export async function openRawFunction(socketPath: string): Promise<Server> {
	const server = createServer({ keepAliveTimeout: 60_000 }, (request) => {
		request.resume();
		const { answer, tag } = answerTo(request);
		answer(request.socket, tag);
	});
	server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
		socket.on("error", () => socket.destroy());
		socket.on("end", () => socket.end());
		if (request.url?.startsWith("/switch")) {
			switchProtocols(socket);
			return;
		}
		const { answer, tag } = answerTo(request);
		answer(socket, tag);
	});
	server.on("clientError", (_error, socket) => socket.destroy());
	await new Promise<void>((resolve) => server.listen(socketPath, resolve));
	return server;
}
