/** Steps over TLS, with both versions of HTTP (`steps.ts`). */
import {
	block,
	CODES,
	END_HEADERS,
	type Fields,
	frame,
	get,
	type RawHttp2,
	uint32,
} from "../../../../platform/gateway/http2-server/frames.ts";
import { CLOSE, converse, type Exchange, FRAME, RawClient, request, UPGRADE } from "./client.ts";
import { waitForStreams, withHttp2 } from "./http2-client.ts";
import type { Ready } from "./subject.program.ts";

type Step = (ready: Ready) => Promise<Exchange[]>;

const one = (bytes: string) => async (ready: Ready) => [await converse(ready.secure, bytes)];
const echo = (path: string, lines: readonly string[] = [CLOSE]) => request(`/shop/echo${path}`, lines);

/** Uses a connection of HTTP/2, and waits for the ends of streams. */
const frames =
	(send: (client: RawHttp2) => unknown, streams: readonly number[] = []): Step =>
	async ({ secure }) => [
		await withHttp2(secure.tls, async (client) => {
			await send(client);
			await waitForStreams(client, streams);
		}),
	];
const requests = (...asked: readonly Fields[]): Step =>
	frames(
		(client) => {
			for (const [index, fields] of asked.entries()) client.request(1 + 2 * index, fields);
		},
		asked.map((_, index) => 1 + 2 * index),
	);

export const SECURE_STEPS: Record<string, Step> = {
	"TLS: two requests on a connection": one(echo("/?tag=a", []) + echo("/?tag=b")),
	"TLS: a body in chunks": one(
		request("/shop/echo/body", ["Transfer-Encoding: chunked", CLOSE], "5\r\nhello\r\n0\r\n\r\n", "POST"),
	),
	"TLS: a large response": one(echo("/large?tag=a")),
	"TLS: no request": one("hello\r\n\r\n"),
	"TLS: no handshake": async ({ secure }) => [await converse(secure.tls, "GET / HTTP/1.1\r\n\r\n")],
	"TLS: an upgrade": async ({ secure }) => {
		using client = new RawClient(secure);
		await client.write(request("/shop/echo/ws", UPGRADE)).until((text) => text.includes("101 "));
		return [await client.write(FRAME).until((text) => text.endsWith("hi"))];
	},
	"HTTP/2: some requests": requests(get("/shop/echo/?tag=a"), get("/shop/echo/stream"), get("/shop/nobody")),
	"HTTP/2: large and without a body": requests(get("/shop/echo/large"), get("/shop/echo/", [], "HEAD")),
	"HTTP/2: a body": frames((client) => client.request(1, get("/shop/echo/body", [], "POST"), "hello"), [1]),
	"HTTP/2: a body that is too large": frames(
		(client) => client.request(1, get("/shop/raw/plain", [["content-length", "9999999"]], "POST"), "x"),
		[1],
	),
	"HTTP/2: a request that waits to go on": frames(
		async (client) => {
			const fields = get("/shop/echo/body", [["expect", "100-continue"]], "POST");
			client.send(frame("HEADERS", END_HEADERS, 1, block(fields)));
			await client.until(() => client.of("HEADERS", 1).length > 0 || client.isOver(1));
			client.send(frame("DATA", 1, 1, "hello"));
		},
		[1],
	),
	"HTTP/2: responses that are none": requests(
		get("/shop/raw/reset"),
		get("/shop/raw/a%20chunk%20too%20few"),
		get("/shop/raw/status%20700"),
	),
	"HTTP/2: fields that are refused": requests(
		get("/shop/echo/", [["http2-settings", "a"]]),
		get("/shop/echo/", [["expect", "more"]]),
		get("/shop/echo/", [["connection", "close"]]),
	),
	"HTTP/2: a stream that is cancelled": frames(async (client) => {
		client.request(1, get("/shop/echo/stream"));
		await client.until(() => client.of("HEADERS", 1).length > 0);
		client.send(frame("RST_STREAM", 0, 1, uint32(CODES.CANCEL)));
		client.request(3, get("/shop/echo/?tag=a"));
		await client.until(() => client.isOver(3));
	}),
	"HTTP/2: a client that leaves": frames(async (client) => {
		client.request(1, get("/shop/echo/large")).request(3, get("/shop/echo/stream"));
		await client.until(() => client.of("HEADERS").length > 0);
	}),
	"HTTP/2: an error of the connection": frames(
		(client) => client.request(1, get("/shop/echo/slow")).send(frame("DATA", 0, 0, "x")),
		[1],
	),
};
