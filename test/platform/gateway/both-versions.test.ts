/** The same requests over HTTP/1.1 and over HTTP/2: the function gets the same, and so does the client. */
import { once } from "node:events";
import type { ClientHttp2Session, OutgoingHttpHeaders } from "node:http2";
import { request as requestHttp1 } from "node:https";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { answerOf, openBytesStage } from "./fixtures/bytes-stage.ts";
import { ECHO } from "./fixtures/echo.ts";
import { openStage, type Stage } from "./fixtures/harness.ts";
import { dialHttp2, useCertificates } from "./fixtures/secure.ts";

const VERSIONS = ["HTTP/1.1", "HTTP/2"] as const;
type Version = (typeof VERSIONS)[number];

interface Asked {
	readonly path: string;
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string | readonly string[]>>;
	readonly body?: Buffer | string;
}

interface Got {
	readonly status: number;
	readonly headers: Readonly<Record<string, unknown>>;
	/** Undefined if it broke off. */
	readonly body: string | undefined;
}

const certificates = useCertificates();
const finished: { path: string; status: number; reason: string | null; bytes: number }[] = [];
let stage: Stage;
let session: ClientHttp2Session & Disposable;
beforeAll(async () => {
	stage = await openStage({
		tls: certificates.tls,
		maxBodyBytes: 2 * 1024 * 1024,
		onRequest: (_, { bytes, path, reason, status }) => finished.push({ path, status, reason, bytes }),
	});
	await stage.start("echo", ECHO);
	session = dialHttp2(stage.port);
});
afterAll(async () => {
	session[Symbol.dispose]();
	await stage.close();
});

type Stream = NodeJS.ReadableStream & { on(event: "close", listener: () => void): unknown };

/** The body of a response; undefined if it broke off. */
async function bodyOf(stream: Stream): Promise<string | undefined> {
	const pieces: Buffer[] = [];
	let hasEnded = false;
	stream.on("error", () => undefined);
	stream.on("data", (piece: Buffer) => pieces.push(piece));
	stream.on("end", () => {
		hasEnded = true;
	});
	await new Promise<void>((resolve) => stream.on("close", resolve));
	return hasEnded ? Buffer.concat(pieces).toString("latin1") : undefined;
}

async function ask1({ body, headers = {}, method = "GET", path }: Asked, port: number): Promise<Got> {
	const options = { port, host: "127.0.0.1", path, method, rejectUnauthorized: false, agent: false };
	const outgoing = requestHttp1({ ...options, headers: { host: "localhost", ...headers } });
	outgoing.on("error", () => undefined);
	// Otherwise Node declares the length.
	if (body !== undefined && !("content-length" in headers)) outgoing.flushHeaders();
	outgoing.end(body);
	const [response] = await once(outgoing, "response");
	return { status: response.statusCode, headers: response.headers, body: await bodyOf(response) };
}

async function ask2(
	{ body, headers = {}, method = "GET", path }: Asked,
	on: ClientHttp2Session,
): Promise<Got> {
	const pseudo = { ":path": path, ":method": method, ":authority": "localhost" };
	const stream = on.request({ ...pseudo, ...headers } as OutgoingHttpHeaders, {
		endStream: body === undefined,
	});
	let got: Record<string, unknown> = {};
	stream.on("response", (fields) => {
		got = { ...fields };
	});
	if (body !== undefined) stream.end(body);
	const text = await bodyOf(stream);
	const { ":status": status, ...rest } = got;
	return { status: Number(status), headers: rest, body: text };
}

const ask = (version: Version, asked: Asked) =>
	version === "HTTP/2" ? ask2(asked, session) : ask1(asked, stage.port);

const X = "/shop/echo/x";
const SAME: Readonly<Record<string, Asked>> = {
	GET: { path: `${X}?a=1&b=%20` },
	HEAD: { path: X, method: "HEAD" },
	OPTIONS: { path: X, method: "OPTIONS" },
	"DELETE without a body": { path: X, method: "DELETE" },
	"POST with a length": { path: X, method: "POST", headers: { "content-length": "5" }, body: "hello" },
	"POST without a length": { path: X, method: "POST", headers: { "x-a": "b" }, body: Buffer.from("hello") },
	"POST without content": { path: X, method: "POST", headers: { "content-length": "0" } },
	"100 Continue": {
		path: X,
		method: "PUT",
		headers: { expect: "100-continue", "content-length": "2" },
		body: "ok",
	},
	"several cookies": { path: X, headers: { cookie: ["a=1", "b=2", "c=3"] } },
	"headers of an automation": {
		path: X,
		headers: { "x-coffer-automation": "a", "x-forwarded-proto": "http" },
	},
	"te: trailers": { path: X, headers: { te: "trailers" } },
	Latin1: { path: "/shop/echo/latin" },
	"two cookies set": { path: "/shop/echo/cookies" },
	gzip: { path: "/shop/echo/gzip" },
	"status 204": { path: "/shop/echo/status?code=204" },
	"status 304": { path: "/shop/echo/status?code=304" },
	"status 404": { path: "/shop/echo/status?code=404" },
	"an early response": { path: "/shop/echo/early", method: "POST", body: Buffer.alloc(300_000, "x") },
	"a body beyond the limit": { path: "/shop/echo/sink", method: "POST", body: Buffer.alloc(3_000_000, "x") },
	"no such function": { path: "/shop/nobody" },
	"a malformed path": { path: "/shop/echo/../x" },
};
/** Headers of a connection or of one moment. */
const OWN = new Set(["connection", "keep-alive", "transfer-encoding", "date", "x-request-id"]);

/** Without what must differ: the request id. */
function comparable({ body, headers, status }: Got): unknown {
	const kept = Object.entries(headers).filter(([name]) => !OWN.has(name));
	const text = body?.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID");
	return { status, body: text, headers: Object.fromEntries(kept) };
}

test.each(Object.entries(SAME))("%s", async (_, asked) => {
	const [one, two] = [await ask("HTTP/1.1", asked), await ask("HTTP/2", asked)];
	const [first, second] = [comparable(one), comparable(two)] as { headers: Record<string, unknown> }[];
	expect(second).toEqual(first);
	expect(two.headers).toHaveProperty("date");
	expect(two.headers).not.toHaveProperty("transfer-encoding");
	expect(two.headers).not.toHaveProperty("connection");
});

test("the function sees HTTPS, the client's address and one cookie", async () => {
	const { body = "" } = await ask("HTTP/2", SAME["several cookies"] as Asked);
	const headers = new Map(JSON.parse(body).headers as [string, string][]);
	expect(Object.fromEntries(headers)).toMatchObject({
		...{ cookie: "a=1; b=2; c=3", host: "localhost" },
		...{ "x-forwarded-proto": "https", "x-forwarded-host": "localhost", "x-forwarded-for": "127.0.0.1" },
	});
});

describe.each(VERSIONS)("%s", (version) => {
	test("streams both ways at the same time", async () => {
		const pieces: string[] = [];
		const [path, method] = ["/shop/echo/bytes", "POST"];
		const stream =
			version === "HTTP/2"
				? session.request({ ":path": path, ":method": method })
				: requestHttp1({ port: stage.port, path, method, rejectUnauthorized: false, agent: false });
		const answered = once(stream, "response");
		stream.write("one ");
		const [response] = await answered;
		const reading: NodeJS.ReadableStream = version === "HTTP/2" ? (stream as never) : response;
		reading.on("data", (piece: Buffer) => pieces.push(piece.toString()));
		await vi.waitFor(() => expect(pieces.join("")).toBe("one "));
		stream.write("two ");
		await vi.waitFor(() => expect(pieces.join("")).toBe("one two "));
		stream.end("three");
		await once(reading, "end");
		expect(pieces.join("")).toBe("one two three");
	});

	test("a large upload arrives completely", async () => {
		const body = Buffer.alloc(2 * 1024 * 1024, "x");
		const { body: text } = await ask(version, { path: "/shop/echo/sink", method: "POST", body });
		expect(text).toBe(`{"size":${body.length}}`);
	});

	test("a client that leaves cancels the function's request, and is logged", async () => {
		finished.length = 0;
		const path = "/shop/echo/forever";
		const stream =
			version === "HTTP/2"
				? session.request({ ":path": path })
				: requestHttp1({ port: stage.port, path, rejectUnauthorized: false, agent: false }).end();
		stream.on("error", () => undefined);
		await once(stream, "response");
		stream.destroy();
		expect((await ask(version, { path: "/shop/echo/closed" })).body).toBe("closed");
		const left = { path: expect.any(String), status: 200, reason: "CLIENT_GONE", bytes: expect.any(Number) };
		await vi.waitFor(() => expect(finished).toContainEqual(left));
	});

	test("a function that ends before it answers", async () => {
		await stage.start("dying", ECHO);
		const { body = "", status } = await ask(version, { path: "/shop/dying/die" });
		expect([status, JSON.parse(body).code]).toEqual([502, "FUNCTION_BROKE_CONNECTION"]);
	});
});

test.each([
	["of a known length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"],
	["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"],
])("a response %s that breaks off does so for both", async (_, bytes) => {
	await using broken = await openBytesStage(
		{ broken: (socket) => socket.end(bytes) },
		{ tls: certificates.tls },
	);
	using own = dialHttp2(broken.port);
	const asked = { path: "/shop/broken" };
	expect(await ask1(asked, broken.port)).toMatchObject({ status: 200, body: undefined });
	expect(await ask2(asked, own)).toMatchObject({ status: 200, body: undefined });
});

test("interim responses, headers of a connection and trailers of a function reach no client of HTTP/2", async () => {
	const interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
	const chunked = `${interim}HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nkeep-alive: timeout=9\r\nhttp2-settings: A\r\ncontent-type: a\r\ncontent-type: b\r\n\r\n2\r\nok\r\n0\r\nx-trailer: 1\r\n\r\n`;
	await using odd = await openBytesStage(
		{ odd: (socket) => socket.write(chunked), plain: (socket) => socket.write(answerOf("ok")) },
		{ tls: certificates.tls },
	);
	using own = dialHttp2(odd.port);
	const { body, headers, status } = await ask2({ path: "/shop/odd" }, own);
	expect([status, body, headers["content-type"]]).toEqual([200, "ok", "a, b"]);
	expect(Object.keys(headers).sort()).toEqual(["content-type", "date", "x-request-id"]);
	expect((await ask2({ path: "/shop/plain" }, own)).body).toBe("ok");
});
