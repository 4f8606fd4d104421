/** HTTP requests to real servers that respond correctly, wrongly or not at all. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Answer, sendRequest } from "../../src/http/request.ts";
import { requestFault } from "../../src/http/request-fault.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0)) await close();
});

async function listening(server: ReturnType<typeof createTcpServer>): Promise<URL> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?a=%20b`);
}

async function http(answer: RequestListener) {
	const server = createServer(answer);
	const sockets = new Set<Socket>();
	server.on("connection", (socket: Socket) => sockets.add(socket));
	closers.push(() => {
		server.closeAllConnections();
		server.close();
	});
	return { url: await listening(server), sockets };
}

/** A server that sends these bytes on each connection and closes it. */
async function raw(bytes: string): Promise<URL> {
	const server = createTcpServer((socket) => {
		socket.on("error", () => undefined);
		socket.once("data", () => socket.end(bytes));
	});
	closers.push(() => server.close());
	return await listening(server);
}

const never = new AbortController().signal;
const get = { method: "GET", headers: {}, signal: never };

async function text({ body }: Answer): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body ?? []) chunks.push(chunk);
	return Buffer.concat(chunks).toString("utf8");
}

/** The kind of failure of a request without a response. */
async function fault(url: URL, signal = never): Promise<string> {
	const thrown = await sendRequest(url, { ...get, signal }).then(
		() => "there is an answer",
		(error: unknown) => error,
	);
	const { kind, code } = requestFault(thrown);
	return kind + code;
}

describe("a request", () => {
	test("arrives unchanged, and so does its response", async () => {
		const { url } = await http(async (request, response) => {
			const chunks: Uint8Array[] = [];
			for await (const chunk of request) chunks.push(chunk);
			const { method, url: target, headers } = request;
			const received = { method, target, key: headers["x-key"], length: headers["content-length"] };
			response
				.writeHead(201)
				.end(JSON.stringify({ ...received, body: Buffer.concat(chunks).toString("utf8") }));
		});
		for (const body of ["sécret", Buffer.from("sécret")]) {
			const answer = await sendRequest(url, {
				method: "PUT",
				headers: { "x-key": "k" },
				body,
				signal: never,
			});
			expect([answer.status, answer.ok]).toEqual([201, true]);
			const expected = { method: "PUT", target: "/path?a=%20b", key: "k", length: "7", body: "sécret" };
			expect(JSON.parse(await text(answer))).toEqual(expected);
		}
	});

	test("uses the same connection again after its response was read", async () => {
		const { url, sockets } = await http((_request, response) => response.end("ok"));
		for (let count = 0; count < 3; count++) expect(await text(await sendRequest(url, get))).toBe("ok");
		expect(sockets.size).toBe(1);
	});

	test("arrives in the pieces in which it is sent", async () => {
		let end = () => {};
		const { url } = await http((_request, response) => {
			response.write("one ");
			end = () => response.end("two");
		});
		const answer = await sendRequest(url, get);
		let got = "";
		for await (const chunk of answer.body ?? []) {
			got += Buffer.from(chunk).toString("utf8");
			end();
		}
		expect(got).toBe("one two");
	});

	test.each([400, 404, 500, 304])("returns the status %i", async (status) => {
		const { url } = await http((_request, response) => response.writeHead(status).end());
		expect(await sendRequest(url, get)).toMatchObject({ status, ok: false });
	});
});

describe("a request fails", () => {
	test.each([301, 302, 303, 307, 308])("at the redirect %i, which is not followed", async (status) => {
		const { url } = await http((_request, response) => response.writeHead(status, { location: "/b" }).end());
		expect(await fault(url)).toBe("redirect");
	});

	test("if nobody listens at the address", async () => {
		const server = createTcpServer();
		const url = await listening(server);
		server.close();
		await once(server, "close");
		expect(await fault(url)).toBe("unreachable (ECONNREFUSED)");
	});

	test.each([
		["", "unreachable (ECONNRESET)"],
		["SSH-2.0-OpenSSH_9.6\r\n", "unreachable (HPE_INVALID_CONSTANT)"],
	])("for the response %j", async (bytes, expected) => {
		expect(await fault(await raw(bytes))).toBe(expected);
	});

	test("at the time limit, or after it was aborted", async () => {
		const { url } = await http(() => {});
		expect(await fault(url, AbortSignal.timeout(20))).toBe("timeout");
		expect(await fault(url, AbortSignal.abort(new DOMException("enough", "TimeoutError")))).toBe("timeout");
		const reason = new Error("given up");
		const giving = new AbortController();
		const sent = sendRequest(url, { ...get, signal: giving.signal });
		giving.abort(reason);
		await expect(sent).rejects.toBe(reason);
	});
});

describe("a response that breaks off", () => {
	test.each([
		["before its length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
		["between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
	])("%s is reported as incomplete", async (_where, bytes) => {
		const answer = await sendRequest(await raw(bytes), get);
		expect(answer.ok).toBe(true);
		await expect(text(answer)).rejects.toThrow();
	});

	test("because the request was aborted is reported", async () => {
		const { url } = await http((_request, response) => response.write("one"));
		const giving = new AbortController();
		const answer = await sendRequest(url, { ...get, signal: giving.signal });
		const read = text(answer);
		const reason = new Error("given up");
		giving.abort(reason);
		await expect(read).rejects.toBe(reason);
	});
});
