/**
 * WebSockets: the handshake goes through HTTP parsers on both sides, then bytes flow as they are.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Instance } from "../runtime/runtime.ts";
import { connectTo } from "./connect.ts";
import { forwardedResponseHeaders } from "./headers.ts";
import { hasBody, PROBLEMS, sendProblem } from "./problem.ts";

/** A response to a request whose socket the server has let go of; the connection ends with it. */
export function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
	const response = new ServerResponse(request);
	response.shouldKeepAlive = false;
	response.assignSocket(socket as never);
	response.on("finish", () => {
		response.detachSocket(socket as never);
		socket.end();
	});
	return response;
}

/** Whether it asks for a WebSocket; with a body, nobody could tell where that ends and the frames begin. */
export function isWebSocket(request: IncomingMessage): boolean {
	const { headers, method } = request;
	return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket" && !hasBody(request);
}

function statusLine(response: IncomingMessage): string {
	return `HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ""}\r\n`;
}

/** Both ways, and each side's end is the other's. */
function join(client: Duplex, upstream: Duplex): void {
	for (const [from, to] of [
		[client, upstream],
		[upstream, client],
	] as const) {
		from.pipe(to);
		from.on("error", () => to.destroy());
		from.on("close", () => to.destroy());
	}
}

function upgradeRequest(socketPath: string, target: string, headers: readonly string[]): ClientRequest {
	return httpRequest({
		createConnection: (_options, onConnect) => {
			connectTo(socketPath, (error, connection) => onConnect(error, connection as Duplex));
			return undefined;
		},
		path: target,
		method: "GET",
		headers: [...headers, "connection", "Upgrade", "upgrade", "websocket"],
	});
}

/**
 * @param headers as forwarded, without `connection` and `upgrade`
 * @returns a promise that resolves when the connection is over
 */
export function forwardUpgrade(
	instance: Pick<Instance, "socketPath" | "answered" | "timedOut">,
	{ request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
	{ target, headers, requestId }: { target: string; headers: string[]; requestId: string },
	responseTimeoutMs: number,
): Promise<void> {
	return new Promise((resolve) => {
		socket.once("close", resolve);
		if (socket.destroyed) return resolve();
		const upstream = upgradeRequest(instance.socketPath, target, headers);
		const fail = (problem: (typeof PROBLEMS)["broken" | "timeout"]) => {
			upstream.destroy();
			if (problem === PROBLEMS.timeout) instance.timedOut();
			sendProblem(request, responseOn(request, socket), problem, requestId);
		};
		const timer = setTimeout(() => fail(PROBLEMS.timeout), responseTimeoutMs);
		const onEarlyClose = () => upstream.destroy();
		socket.once("close", onEarlyClose);
		const answered = () => {
			clearTimeout(timer);
			instance.answered();
			upstream.removeAllListeners("error").on("error", () => socket.destroy());
		};
		upstream.on("error", () => {
			clearTimeout(timer);
			if (!socket.destroyed) fail(PROBLEMS.broken);
		});
		upstream.on("upgrade", (response, upstreamSocket, upstreamHead) => {
			answered();
			const lines = forwardedResponseHeaders(response.rawHeaders, requestId);
			lines.push("connection", "Upgrade", "upgrade", "websocket");
			let text = statusLine(response);
			for (let index = 0; index < lines.length; index += 2)
				text += `${lines[index]}: ${lines[index + 1]}\r\n`;
			socket.write(`${text}\r\n`, "latin1");
			if (upstreamHead.length > 0) socket.write(upstreamHead);
			if (head.length > 0) upstreamSocket.write(head);
			join(socket, upstreamSocket);
		});
		upstream.on("response", (response) => {
			answered();
			const answer = responseOn(request, socket);
			const kept = forwardedResponseHeaders(response.rawHeaders, requestId);
			answer.writeHead(response.statusCode ?? 502, response.statusMessage, kept);
			response.pipe(answer);
		});
		upstream.end();
	});
}
