/** The listener of the gateway: accepts connections within their limits, and closes those that take too long. */
import { createServer, type Server, type Socket } from "node:net";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { FULL_ANSWER } from "../../http/bare-answers.ts";
import { type ConnectionRefusal, ConnectionSet } from "../../http/connection-set.ts";
import type { ConnectionLimits } from "../../http/descriptors.ts";
import { listenOn } from "../../http/listen.ts";
import { type RequestTimeouts, serverOptions } from "../../http/server-options.ts";
import type { ClientExchange } from "./client-exchange.ts";
import { type ConnectionEvents, Http1Connection } from "./http1-connection.ts";

export interface HttpServerOptions {
	readonly timeouts: RequestTimeouts;
	readonly faults: FaultBoundary;
	readonly limits: ConnectionLimits;
	/** Called with each request when all earlier requests of its connection have their responses. */
	readonly onExchange: (exchange: ClientExchange) => void;
	/** Called for each connection that a limit refuses or cuts off. */
	readonly onRefused: (why: ConnectionRefusal) => void;
}

export class HttpServer {
	readonly #options: HttpServerOptions;
	readonly #server: Server;
	readonly #open: ConnectionSet<Http1Connection>;
	readonly #events: ConnectionEvents;
	readonly #checkMs: number;
	#checking: NodeJS.Timeout | undefined;
	#isEnding = false;

	constructor(options: HttpServerOptions) {
		const { faults, limits, onExchange, onRefused, timeouts } = options;
		const { connectionsCheckingInterval, headersTimeout, requestTimeout } = serverOptions(timeouts);
		this.#options = options;
		this.#checkMs = connectionsCheckingInterval;
		this.#open = new ConnectionSet(limits, onRefused);
		this.#events = {
			faults,
			times: { headMs: headersTimeout, requestMs: requestTimeout },
			isEnding: () => this.#isEnding,
			onExchange,
			onBusy: (connection) => this.#open.setBusy(connection),
			onIdle: (connection) => this.#open.setIdle(connection),
			onCutOff: () => onRefused("pipeline"),
			onClosed: (connection) => this.#open.delete(connection),
		};
		// A half-open connection is closed by its own code, which perhaps answers first.
		this.#server = createServer({ allowHalfOpen: true, noDelay: true });
		const accept = (socket: Socket) => this.accept(socket);
		this.#server.on(
			"connection",
			faults.callback(accept, (_error, socket) => socket.destroy()),
		);
		// For example, a connection could not be accepted because no descriptor was free. The listener continues.
		this.#server.on("error", faults.note.bind(faults));
	}

	/** Serves a connection, or refuses it. @param socket if it uses TLS, its handshake is complete */
	accept(socket: Socket): void {
		const address = socket.remoteAddress ?? "";
		const why = this.#open.refusal(address);
		if (why === undefined) {
			this.#open.add(new Http1Connection(socket, this.#events), address);
			return;
		}
		this.#options.onRefused(why);
		socket.on("error", () => socket.destroy());
		socket.write(FULL_ANSWER, "latin1");
		socket.destroySoon();
	}

	/** @returns the address that the server got @throws the system's error, such as EADDRINUSE */
	async listen(port: number, host: string): Promise<{ host: string; port: number }> {
		const { address, port: actualPort } = await listenOn(this.#server, port, host);
		const check = this.#options.faults.callback(() => this.#check());
		this.#checking = setInterval(check, this.#checkMs).unref();
		return { host: address, port: actualPort };
	}

	/** Accepts no new connections, lets requests finish during the grace period, then closes their connections. */
	async close(graceMs: number): Promise<void> {
		this.#isEnding = true;
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		this.#open.destroyIdle();
		const destroyAll = () => {
			for (const connection of this.#open) connection.destroy();
		};
		const timer = setTimeout(this.#options.faults.callback(destroyAll), graceMs);
		await closed;
		clearTimeout(timer);
		clearInterval(this.#checking);
	}

	#check(): void {
		const nowMs = performance.now();
		for (const connection of this.#open) connection.check(nowMs);
	}
}
