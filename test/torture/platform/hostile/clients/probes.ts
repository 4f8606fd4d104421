/**
 * Attacks by which a client could end, block or confuse a platform. Each runs once, against each listener if
 * possible.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { CLOSE, connected, converse, dial, FRAME, RawClient, request, UPGRADE } from "./client.ts";
import type { Ready } from "./subject.program.ts";

/** A probe. @returns the fault of the result; undefined if there is none */
export type Probe = (ready: Ready) => Promise<string | undefined>;
type Listener = "gateway" | "secure" | "control";

/** A request that each listener answers with 200, slowly if possible. */
const PATH: Readonly<Record<Listener, string>> = {
	gateway: "/shop/echo/slow?tag=mine",
	secure: "/shop/echo/slow?tag=mine",
	control: "/healthz",
};
const statusesOf = (text: string) =>
	[...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status).join(" ");

/** Sends bytes, and expects these statuses until the connection ends. */
function bytes(of: (path: string) => string, expected: RegExp): (listener: Listener) => Probe {
	return (listener) => async (ready) => {
		const { end, text } = await converse(ready[listener], of(PATH[listener]));
		const statuses = statusesOf(text);
		if (end === "silent") return `neither the end nor more arrived after: ${statuses}`;
		return expected.test(statuses) ? undefined : `it was answered with: ${statuses}`;
	};
}

const REFUSED = /^(?:4\d\d)?$/;
const head = (lines: readonly string[]) => (path: string) => request(path, lines);
const line = (text: string) => (path: string) => `${text.replace("PATH", path)}\r\nHost: 127.0.0.1\r\n\r\n`;
const behind = (text: string) => (path: string) => request(path) + text;

const ALL: Readonly<Record<string, (listener: Listener) => Probe>> = {
	"an upgrade after a request whose response is due": bytes(
		(path) => request(path) + request(path, [...UPGRADE, CLOSE]),
		/^200 (?:400|200)$/,
	),
	"an empty upgrade": bytes(head(["Connection: Upgrade", "Upgrade: ", CLOSE]), /^(?:200|[45]\d\d)$/),
	"an upgrade to h2c": bytes(head(["Connection: Upgrade", "Upgrade: h2c", CLOSE]), /^(?:200|501)$/),
	"an upgrade of HTTP/1.0": bytes(
		(path) => `GET ${path} HTTP/1.0\r\nHost: 127.0.0.1\r\n${UPGRADE.join("\r\n")}\r\n\r\n`,
		/^(?:200|[45]\d\d)$/,
	),
	"an upgrade with a body": bytes(
		(path) => request(path, [...UPGRADE, "Content-Length: 2", CLOSE], "hi"),
		/^(?:200|[45]\d\d)$/,
	),
	CONNECT: bytes(line("CONNECT PATH HTTP/1.1"), REFUSED),
	"CONNECT after a request whose response is due": bytes(
		behind("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
		/^(?:200)?(?: ?4\d\d)?$/,
	),
	"an invalid method": bytes(line("NONE PATH HTTP/1.1"), REFUSED),
	"a method of 10,000 letters": bytes(line(`${"G".repeat(10_000)} PATH HTTP/1.1`), REFUSED),
	"the preface of HTTP/2": bytes(() => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED),
	"HTTP/0.9": bytes((path) => `GET ${path}\r\n\r\n`, REFUSED),
	"HTTP/9.9": bytes(line("GET PATH HTTP/9.9"), REFUSED),
	"a hello of TLS": bytes(() => `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${"\0".repeat(600)}`, REFUSED),
	"no target": bytes(line("GET  HTTP/1.1"), REFUSED),
	"a target of 100 KB": bytes(line(`GET /${"a".repeat(100_000)} HTTP/1.1`), REFUSED),
	"a target of line feeds": bytes(() => request("/%0a%0d%0a", [CLOSE]), REFUSED),
	"a target of bad percent signs": bytes(
		(path) => request(`${path}%%%zz/%ff%fe/%`, [CLOSE]),
		/^(?:200|4\d\d)$/,
	),
	"a target of dots": bytes(() => request("/../../%2e%2e/etc", [CLOSE]), REFUSED),
	"a target for a proxy": bytes(() => request("http://[::1", [CLOSE]), REFUSED),
	"a target that is a star": bytes(() => request("*", [CLOSE], "", "OPTIONS"), REFUSED),
	"bytes beyond ASCII in the target": bytes(() => request("/\xff\xfe\x80", [CLOSE]), REFUSED),
	"no Host": bytes((path) => `GET ${path} HTTP/1.1\r\n\r\n`, REFUSED),
	"two Hosts": bytes(head(["Host: another", CLOSE]), REFUSED),
	"a header without a name": bytes(head([": a", CLOSE]), REFUSED),
	"a header with NUL": bytes(head(["a: b\0c", CLOSE]), REFUSED),
	"a header that is folded": bytes(head(["a: b", " c", CLOSE]), REFUSED),
	"a header of 100 KB": bytes(head([`a: ${"b".repeat(100_000)}`, CLOSE]), REFUSED),
	"1,000 headers": bytes(head([...Array<string>(1_000).fill("a: b"), CLOSE]), /^(?:200|4\d\d)$/),
	"the names of an object's own": bytes(
		head(["__proto__: a", "constructor: b", "toString: c", "hasOwnProperty: d", CLOSE]),
		/^200$/,
	),
	"a Connection of odd options": bytes(head(["Connection: close, , host, ;;, \xff"]), /^(?:200|4\d\d)$/),
	"an expectation that is not met": bytes(head(["Expect: the impossible", CLOSE]), /^417$/),
	"an expectation and an upgrade after a request whose response is due": bytes(
		(path) => request(path) + request(path, ["Expect: more"]) + request(path, [...UPGRADE, CLOSE]),
		/^200 417(?: 400| 200)?$/,
	),
	"an invalid length": bytes(head(["Content-Length: -1", CLOSE]), REFUSED),
	"a length beyond numbers": bytes(head([`Content-Length: ${"9".repeat(40)}`, CLOSE]), REFUSED),
	"a length and chunks": bytes(head(["Content-Length: 3", "Transfer-Encoding: chunked", CLOSE]), REFUSED),
	"an invalid coding": bytes(head(["Transfer-Encoding: gzip", CLOSE]), REFUSED),
	"chunks that are none": bytes(
		(path) => request(path, ["Transfer-Encoding: chunked"], "zz\r\n", "POST"),
		/^[45]?\d{0,2}$/,
	),
	"a chunk's extension of 100 KB": bytes(
		(path) => request(path, ["Transfer-Encoding: chunked"], `1;${"a".repeat(100_000)}\r\n`, "POST"),
		/^[45]?\d{0,2}$/,
	),
	"no request behind one": bytes(behind("hello\r\n\r\n"), /^200 400$/),
	"bytes of all kinds behind a request": bytes(
		behind(String.fromCharCode(...Array.from({ length: 512 }, (_, index) => 255 - (index % 256)))),
		/^200 400$/,
	),
	"1,000 requests on one connection": bytes(
		(path) => request(path.replace("/slow", "/")).repeat(1_000) + request(path, [CLOSE]),
		/^(?:200 ?){1001}$/,
	),
};

/**
 * Opens a connection, does something with it, and disconnects. Only the responses to other clients afterwards
 * matter.
 */
const act =
	(todo: (socket: Socket, path: string) => unknown) =>
	(listener: Listener): Probe =>
	async (ready) => {
		const socket = dial(ready[listener]);
		socket.on("error", () => undefined);
		await connected(socket, ready[listener]);
		const closed = once(socket, "close");
		await todo(socket, PATH[listener]);
		if (!socket.destroyed) socket.destroy();
		await closed;
		return undefined;
	};
const written = (socket: Socket, text: string) =>
	new Promise<void>((resolve) => socket.write(text, "latin1", () => resolve()));

const ACTS: Readonly<Record<string, (listener: Listener) => Probe>> = {
	"a reset at once": act((socket) => void socket.resetAndDestroy()),
	"a reset in the midst of a head": act(async (socket) => {
		await written(socket, "GET / HT");
		socket.resetAndDestroy();
	}),
	"a reset while a response is due": act(async (socket, path) => {
		await written(socket, request(path));
		socket.resetAndDestroy();
	}),
	"a reset in the midst of a body": act(async (socket, path) => {
		await written(socket, request(path, ["Content-Length: 1000"], "hi", "POST"));
		socket.resetAndDestroy();
	}),
	"a half-close in the midst of a head": act((socket) => socket.end("GET / HT")),
	"a reset while an upgrade is due": act(async (socket, path) => {
		await written(socket, request(path) + request(path, UPGRADE) + FRAME);
		socket.resetAndDestroy();
	}),
	"500 pipelined requests, then a disconnect": act(async (socket, path) => {
		await written(socket, request(path).repeat(500));
	}),
	"a client that reads nothing": act(async (socket, path) => {
		socket.pause();
		await written(socket, request(path.replace("/slow", "/large")).repeat(20));
	}),
};

/** A WebSocket on which the client sends invalid frames. */
const frames =
	(text: string): Probe =>
	async ({ gateway }) => {
		using client = new RawClient(gateway);
		const switched = await client
			.write(request("/shop/echo/ws", UPGRADE))
			.until((seen) => seen.includes("\r\n\r\n"));
		if (!switched.text.startsWith("HTTP/1.1 101 ")) return "it was not upgraded";
		client.write(text).socket.end();
		return (await client.until()).end === "silent" ? "the connection did not end" : undefined;
	};

const FRAMES: Readonly<Record<string, string>> = {
	"a frame without a mask": "\x81\x02hi",
	"a frame of a reserved kind": "\x8f\x82\0\0\0\0hi",
	"a frame with a length of 2^63 bytes": "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	"half a frame": "\x81",
	"a request": request("/shop/echo/"),
	"a ping of 200 bytes": `\x89\xfe\0\xc8\0\0\0\0${"x".repeat(200)}`,
	"bytes of all kinds": String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => 255 - byte)),
};

/** The probes, by name. Those for all listeners occur three times. */
export const PROBES: ReadonlyMap<string, Probe> = new Map([
	...(["gateway", "secure", "control"] as const).flatMap((listener) =>
		Object.entries({ ...ALL, ...ACTS }).map(
			([name, probe]) => [`${listener}: ${name}`, probe(listener)] as const,
		),
	),
	...Object.entries(FRAMES).map(([name, text]) => [`WebSocket: ${name}`, frames(text)] as const),
]);
