/**
 * The control API's socket: a `Request → Response` function behind Node's HTTP server.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { AppError, EXIT } from "../errors.ts";
import type { Api } from "./api/api.ts";
import { problemResponse } from "./api/problem.ts";
import type { Address } from "./config.ts";
import { OpenSockets } from "./open-sockets.ts";

const MAX_HEADER_BYTES = 32 * 1024;

/** `http://HOST:PORT`, with an IPv6 host in brackets. */
export function httpUrl({ host, port }: Address): string {
	return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Runs what binds an address.
 * @throws AppError `ADDRESS_UNAVAILABLE` (exit 6), naming the address, where it is in use or not this machine's
 */
export async function bound<T>(what: string, address: Address, bind: () => Promise<T>): Promise<T> {
	try {
		return await bind();
	} catch (cause) {
		const reasons = new Map([
			["EADDRINUSE", "it is in use"],
			["EADDRNOTAVAIL", "this machine has no such address"],
			["EACCES", "this user may not bind it"],
			["ENOTFOUND", "there is no such host"],
		]);
		const { code = "" } = cause as NodeJS.ErrnoException;
		const reason = reasons.get(code);
		if (reason === undefined) throw cause;
		throw new AppError({
			code: "ADDRESS_UNAVAILABLE",
			message: `The ${what} cannot listen on ${address.host}:${address.port}: ${reason}.`,
			hint: "Stop what uses it, or name another address; port 0 picks a free one.",
			exit: EXIT.network,
			cause,
		});
	}
}

function malformed(): AppError {
	return new AppError({
		code: "REQUEST_INVALID",
		message: "The request is malformed: its target or its Host header is not one.",
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}

export class ControlListener {
	readonly #server: Server;
	readonly #sockets: OpenSockets;

	/** @param api given the request and its sender's address */
	constructor(api: Api) {
		const handle = getRequestListener(
			(request, { incoming }) => api(request, (incoming as IncomingMessage).socket.remoteAddress),
			// What is no request at all, such as one with a Host that is no host.
			{ overrideGlobalObjects: false, errorHandler: () => problemResponse(malformed()) },
		);
		this.#server = createServer(
			{
				maxHeaderSize: MAX_HEADER_BYTES,
				headersTimeout: 15_000,
				requestTimeout: 300_000,
				keepAliveTimeout: 65_000,
				insecureHTTPParser: false,
				requireHostHeader: true,
			},
			(request, response) => void handle(request, response),
		);
		this.#sockets = new OpenSockets(this.#server);
	}

	/** @returns the address with the port that it got */
	listen({ host, port }: Address): Promise<Address> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(port, host, () => {
				this.#server.off("error", reject);
				resolve({ host, port: (this.#server.address() as AddressInfo).port });
			});
		});
	}

	/** Takes no new connection, lets requests finish for the grace period, then cuts them off. */
	async close(graceMs: number): Promise<void> {
		if (!this.#server.listening) return;
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		this.#sockets.endUnused();
		const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
		await closed;
		clearTimeout(timer);
	}
}
