/**
 * The control API's socket: a `Request → Response` function behind Node's HTTP server.
 */
import {
	createServer,
	type IncomingMessage,
	type RequestListener,
	type Server,
	type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { AppError, EXIT } from "../errors.ts";
import type { Api } from "./api/api.ts";
import { problemResponse } from "./api/problem.ts";
import type { Certificate } from "./certificate.ts";
import type { Address } from "./config.ts";
import { describeError, type Log } from "./log.ts";
import { OpenSockets } from "./open-sockets.ts";
import { serverOptions } from "./server-options.ts";
import { faultOf } from "./strict-request.ts";

/** `http://HOST:PORT`, with an IPv6 host in brackets. */
export function httpUrl({ host, port }: Address, scheme: "http" | "https" = "http"): string {
	return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
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
		message: "The request is malformed: its target, version, Host or Transfer-Encoding is not one.",
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}

/** Answers what is no request, and closes. */
async function refuse(response: ServerResponse): Promise<void> {
	const problem = problemResponse(malformed());
	response.writeHead(problem.status, { ...Object.fromEntries(problem.headers), connection: "close" });
	response.end(await problem.text());
}

/** Where the listener speaks TLS by itself. */
export interface ListenerTls {
	readonly certificate: Certificate;
	readonly log: Log;
}

/** A server that has the certificate of the moment for whoever connects. */
function tlsServer({ certificate, log }: ListenerTls, listener: RequestListener): Server {
	const options = { ...serverOptions(), minVersion: "TLSv1.2" as const, handshakeTimeout: 15_000 };
	const server = createTlsServer({ ...options, ...certificate.initial }, listener);
	// Before the server's own listener, which begins the handshake.
	server.prependListener("connection", () => {
		try {
			const pair = certificate.changed();
			if (pair === undefined) return;
			server.setSecureContext({ ...pair, minVersion: options.minVersion });
			log.info("the control API's certificate was read anew");
		} catch (error) {
			log.error(describeError(error), "the control API keeps the certificate that it has");
		}
	});
	return server;
}

export class ControlListener {
	readonly #server: Server;
	readonly #sockets: OpenSockets;

	/**
	 * @param api given the request and its sender's address
	 * @param tls plain HTTP where it is left out
	 */
	constructor(api: Api, tls?: ListenerTls) {
		const handle = getRequestListener(
			(request, { incoming }) => api(request, (incoming as IncomingMessage).socket.remoteAddress),
			// What is no request at all, such as one with a Host that is no host.
			{ overrideGlobalObjects: false, errorHandler: () => problemResponse(malformed()) },
		);
		const listener: RequestListener = (request, response) => {
			const fault = faultOf(request);
			if (fault === undefined) void handle(request, response);
			else if (fault === "malformed") void refuse(response);
		};
		this.#server = tls === undefined ? createServer(serverOptions(), listener) : tlsServer(tls, listener);
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
