/** Requests to functions, against real servers. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { callFunction, type FunctionRequest } from "../../../src/cli/dev/function-request.ts";

let server: Server | undefined;
afterEach(() => {
	server?.closeAllConnections();
	server?.close();
	server = undefined;
});

async function serve(listener: RequestListener): Promise<URL> {
	server = createServer(listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	return new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/hello`);
}

const requestTo = (url: URL, more: Partial<FunctionRequest> = {}): FunctionRequest => ({
	...{ url, method: "GET", headers: [], body: undefined, signal: new AbortController().signal },
	...more,
});

test("method, headers and body arrive, a later header wins, and a redirect is an answer", async () => {
	const url = await serve(async (request, response) => {
		const parts: Buffer[] = [];
		for await (const part of request) parts.push(part);
		response.writeHead(302, "Elsewhere", { location: "/other" });
		response.end(`${request.method} ${request.headers["x-a"]} ${Buffer.concat(parts)}`);
	});
	const headers = [
		["x-a", "1"],
		["x-a", "2"],
	] as const;
	const answer = await callFunction(requestTo(url, { method: "PUT", headers, body: Buffer.from("body") }));
	expect(answer).toMatchObject({ status: 302, statusText: "Elsewhere", headers: { location: "/other" } });
	expect(answer.body.toString()).toBe("PUT 2 body");
});

test("the parts of a body are passed on when they arrive", async () => {
	let end = () => {};
	const url = await serve((_, response) => {
		response.write("first ");
		end = () => response.end("second");
	});
	const parts: string[] = [];
	const onPart = (part: Uint8Array) => {
		parts.push(Buffer.from(part).toString());
		end();
	};
	const { body } = await callFunction(requestTo(url, { onPart }));
	expect([parts.join(""), parts[0], body.length]).toEqual(["first second", "first ", 0]);
});

test("a server that does not run, or breaks off, is an error with exit status 6", async () => {
	const closed = createTcpServer().listen(0, "127.0.0.1");
	await once(closed, "listening");
	const { port } = closed.address() as { port: number };
	closed.close();
	await once(closed, "close");
	await expect(callFunction(requestTo(new URL(`http://127.0.0.1:${port}/`)))).rejects.toMatchObject({
		code: "FUNCTION_UNREACHABLE",
		exit: 6,
		message: expect.stringContaining(`http://127.0.0.1:${port}`),
	});
	const url = await serve((_, response) => {
		response.writeHead(200, { "content-length": "100" });
		response.write("part", () => response.destroy());
	});
	await expect(callFunction(requestTo(url))).rejects.toMatchObject({ code: "ANSWER_INCOMPLETE", exit: 6 });
});

test("a header that HTTP does not allow is refused, and its value is not repeated", async () => {
	const url = await serve((_, response) => response.end());
	const error = await callFunction(requestTo(url, { headers: [["x-key", "canary\nvalue"]] })).catch(
		(reason: unknown) => reason,
	);
	expect(error).toMatchObject({ code: "HEADER_INVALID", exit: 2 });
	expect(String(error)).not.toContain("canary");
});

test("a signal ends the request with its reason", async () => {
	const controller = new AbortController();
	const url = await serve(() => controller.abort(new Error("stopped by the user")));
	const call = callFunction(requestTo(url, { signal: controller.signal }));
	await expect(call).rejects.toThrow("stopped by the user");
});
