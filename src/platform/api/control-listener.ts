/** The control API's socket: runs an `Api` behind Node's HTTP server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import { AppError, EXIT } from "../../errors.ts";
import type { Certificate } from "../configuration/certificate.ts";
import type { Address } from "../configuration/config.ts";
import { FaultBoundary } from "../faults/error-boundary.ts";
import { describeError, type Log } from "../faults/log.ts";
import type { ConnectionRefusal } from "../http/connection-set.ts";
import { Connections } from "../http/connections.ts";
import { budgetOf, type ConnectionLimits, descriptorLimit } from "../http/descriptors.ts";
import { listenOn } from "../http/listen.ts";
import { serverOptions } from "../http/server-options.ts";
import { faultOf } from "../http/strict-request.ts";
import type { Api } from "./api.ts";
import { problemResponse } from "./problem.ts";

function malformed(): AppError {
	return new AppError({
		code: "REQUEST_INVALID",
		message: "The request is malformed: its target, version, Host or Transfer-Encoding is not valid.",
		hint: "See docs/protocol.md.",
		exit: EXIT.usage,
	});
}

/** Answers with a problem and closes the connection. */
async function refuse(response: ServerResponse, error: unknown): Promise<void> {
	const problem = problemResponse(error);
	const text = await problem.text();
	if (response.destroyed) return;
	response.writeHead(problem.status, { ...Object.fromEntries(problem.headers), connection: "close" });
	response.end(text);
}

/** Options of a listener that uses TLS. */
export interface ListenerTls {
	readonly certificate: Certificate;
	readonly log: Log;
}

/** A TLS server. Each new connection gets the certificate that the files contain at that time. */
function tlsServer({ certificate, log }: ListenerTls): Server {
	const options = { ...serverOptions(), minVersion: "TLSv1.2" as const, handshakeTimeout: 15_000 };
	const server = createTlsServer({ ...options, ...certificate.initial });
	// Runs before the server's own listener, which starts the handshake.
	server.prependListener("connection", () => {
		try {
			const pair = certificate.changed();
			if (pair === undefined) return;
			server.setSecureContext({ ...pair, minVersion: options.minVersion });
			log.info("the control API's certificate was read again");
		} catch (error) {
			log.error(describeError(error), "the control API keeps its previous certificate");
		}
	});
	return server;
}

export interface ControlListenerOptions {
	/** Without it, the listener uses plain HTTP. */
	readonly tls?: ListenerTls | undefined;
	/** The error boundary. By default, one that does not log. */
	readonly faults?: FaultBoundary;
	/** Limits of connections. Default: computed from this process's limit of open files. */
	readonly limits?: ConnectionLimits;
	/** Called for each connection that a limit refuses. */
	readonly onRefused?: (why: ConnectionRefusal) => void;
}

export class ControlListener {
	readonly #server: Server;
	readonly #faults: FaultBoundary;
	readonly #connections: Connections;
	readonly #handle: (request: IncomingMessage, response: ServerResponse) => unknown;

	/** @param api gets the request and the sender's address */
	constructor(api: Api, options: ControlListenerOptions = {}) {
		const { faults = new FaultBoundary("control"), onRefused, tls } = options;
		const { limits = budgetOf(descriptorLimit(), 0).control } = options;
		this.#faults = faults;
		this.#handle = getRequestListener(
			(request, { incoming }) => api(request, (incoming as IncomingMessage).socket.remoteAddress),
			{
				overrideGlobalObjects: false,
				// For a request that cannot be parsed, such as one with an invalid Host.
				errorHandler: () => problemResponse(malformed()),
				// For a request of HTTP/1.0 without a Host, such as a load balancer's health check. No browser sends one.
				hostname: "localhost",
			},
		);
		this.#server = tls === undefined ? createServer(serverOptions()) : tlsServer(tls);
		this.#connections = new Connections(this.#server, { faults, limits, onRefused });
		const serve = (request: IncomingMessage, response: ServerResponse) =>
			this.#connections.serve(request, response, () => this.#begin(request, response));
		this.#server.on(
			"request",
			faults.callback(serve, (_error, { socket }) => socket.destroy()),
		);
	}

	/** Answers a request. Answers 500 if the listener itself fails. */
	#begin(request: IncomingMessage, response: ServerResponse): void {
		response.on("error", () => response.destroy());
		const answer = () => {
			const fault = faultOf(request);
			if (fault === "malformed") return refuse(response, malformed());
			return fault === undefined ? this.#handle(request, response) : undefined;
		};
		const close = () => response.destroy();
		this.#faults.run(answer, (error) => {
			if (response.headersSent) close();
			else this.#faults.run(() => refuse(response, error), close);
		});
	}

	/** @returns the address with the actual port */
	async listen({ host, port }: Address): Promise<Address> {
		const { port: actualPort } = await listenOn(this.#server, port, host);
		return { host, port: actualPort };
	}

	/** Takes no new connections, and lets requests finish for the grace period. Then closes their connections. */
	async close(graceMs: number): Promise<void> {
		if (!this.#server.listening) return;
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		this.#connections.endUnused();
		const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
		await closed;
		clearTimeout(timer);
	}
}
