/** The listener of the gateway: accepts connections within their limits, and closes those that take too long. */
import { createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { FULL_ANSWER } from "../../http/bare-answers.ts";
import { type ConnectionRefusal, ConnectionSet } from "../../http/connection-set.ts";
import type { ConnectionLimits } from "../../http/descriptors.ts";
import { listenOn, noteErrors } from "../../http/listen.ts";
import { type RequestTimeouts, serverOptions } from "../../http/server-options.ts";
import type { ClientExchange } from "../http-server/client-exchange.ts";
import type { ConnectionEvents } from "../http-server/connection-events.ts";
import { Http1Connection } from "../http-server/http1-connection.ts";
import { Http2Connection, type Http2Events } from "../http2-server/http2-connection.ts";
import { StreamLimits } from "../http2-server/stream-limits.ts";
import type { GatewayTls } from "./certificates.ts";
import { Handshake, TlsHandshakes } from "./tls-handshakes.ts";

/** The interval at which connections of TLS are checked: those of HTTP/2 for floods. */
const TLS_CHECK_MS = 1_000;

export interface ListenerOptions {
	readonly timeouts: RequestTimeouts;
	readonly faults: FaultBoundary;
	readonly limits: ConnectionLimits;
	/** Without it, the listener speaks HTTP/1.1 without TLS. */
	readonly tls?: GatewayTls | undefined;
	/** Called with each request. One of HTTP/1.1 comes when all earlier ones of its connection have their responses. */
	readonly onExchange: (exchange: ClientExchange) => void;
	/** Called for each connection and each stream that a limit refuses or cuts off. */
	readonly onRefused: (why: ConnectionRefusal) => void;
}

interface OpenConnection {
	/** Closes it at once. */
	destroy(): void;
	/** Closes what has taken too long. @param nowMs `performance.now()` */
	check(nowMs: number): void;
	/** Tells the client to send no more requests. One of HTTP/1.1 learns it from its response. */
	finish?(): void;
}

export class Listener {
	readonly #options: ListenerOptions;
	readonly #server: Server;
	readonly #open: ConnectionSet<OpenConnection>;
	readonly #events: ConnectionEvents<Http1Connection> & Http2Events;
	readonly #handshakes: TlsHandshakes | undefined;
	readonly #checkMs: number;
	#checking: NodeJS.Timeout | undefined;
	#isEnding = false;

	/** @throws AppError as `readPair` */
	constructor(options: ListenerOptions) {
		const { faults, limits, onExchange, onRefused, timeouts, tls } = options;
		const { connectionsCheckingInterval, headersTimeout, requestTimeout } = serverOptions(timeouts);
		this.#options = options;
		this.#open = new ConnectionSet(limits, onRefused);
		const streams = new StreamLimits(limits, onRefused);
		this.#events = {
			faults,
			times: { headMs: headersTimeout, requestMs: requestTimeout },
			isEnding: () => this.#isEnding,
			onExchange,
			enter: (address) => streams.enter(address),
			onBusy: (connection) => this.#open.setBusy(connection),
			onIdle: (connection) => this.#open.setIdle(connection),
			onCutOff: () => onRefused("pipeline"),
			onClosed: (connection) => this.#open.delete(connection),
		};
		this.#handshakes = tls && new TlsHandshakes({ tls, timeoutMs: headersTimeout, faults });
		this.#checkMs = tls ? Math.min(TLS_CHECK_MS, headersTimeout) : connectionsCheckingInterval;
		// A half-open connection is closed by its own code, which perhaps answers first.
		this.#server = createServer({ allowHalfOpen: true, noDelay: true });
		const accept = (socket: Socket) => this.#accept(socket);
		this.#server.on(
			"connection",
			faults.callback(accept, (_error, socket) => socket.destroy()),
		);
		noteErrors(this.#server, faults);
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
		for (const connection of this.#open) connection.finish?.();
		const destroyAll = () => {
			for (const connection of this.#open) connection.destroy();
		};
		const timer = setTimeout(this.#options.faults.callback(destroyAll), graceMs);
		await closed;
		clearTimeout(timer);
		clearInterval(this.#checking);
	}

	/** Serves a connection, or refuses it. */
	#accept(socket: Socket): void {
		const address = socket.remoteAddress ?? "";
		const handshakes = this.#handshakes;
		const why = this.#open.refusal(address);
		if (why !== undefined) {
			this.#options.onRefused(why);
			socket.on("error", () => socket.destroy());
			// A client of TLS cannot read it.
			if (handshakes === undefined) socket.write(FULL_ANSWER, "latin1");
			socket.destroySoon();
		} else if (handshakes === undefined) this.#open.add(new Http1Connection(socket, this.#events), address);
		else this.#begin(socket, address, handshakes);
	}

	/** Counts the connection from now on, and serves it when its handshake is complete. */
	#begin(socket: Socket, address: string, handshakes: TlsHandshakes): void {
		const handshake = new Handshake(socket);
		this.#open.add(handshake, address);
		const { faults } = this.#events;
		const forget = () => this.#open.delete(handshake);
		socket.on(
			"error",
			faults.callback(() => socket.destroy()),
		);
		socket.once("close", faults.callback(forget, forget));
		handshakes.begin(socket, (secure: TLSSocket) => {
			// It may have been closed to make room for another one.
			if (secure.destroyed || !this.#open.has(handshake)) {
				secure.destroy();
				return;
			}
			const isHttp2 = secure.alpnProtocol === "h2";
			const connection = isHttp2
				? new Http2Connection(secure, this.#events)
				: new Http1Connection(secure, this.#events);
			this.#open.replace(handshake, connection);
		});
	}

	#check(): void {
		const nowMs = performance.now();
		for (const connection of this.#open) connection.check(nowMs);
	}
}
