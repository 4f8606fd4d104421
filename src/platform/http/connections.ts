/**
 * The connections of one HTTP server: their limits, which of them are idle, and the order of answers on each
 * of them (`pipeline.ts`).
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { FULL_ANSWER } from "./bare-answers.ts";
import { type ConnectionRefusal, ConnectionSet } from "./connection-set.ts";
import type { ConnectionLimits } from "./descriptors.ts";
import { noteErrors } from "./listen.ts";
import { Pipeline } from "./pipeline.ts";
import { dropRest } from "./unread-request.ts";

export interface ConnectionsOptions {
	readonly faults: FaultBoundary;
	readonly limits: ConnectionLimits;
	/** Called for each connection that a limit refuses or cuts off. */
	readonly onRefused?: ((why: ConnectionRefusal) => void) | undefined;
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
	return `${remoteAddress} ${remotePort}`;
}

export class Connections {
	readonly #options: ConnectionsOptions;
	readonly #open: ConnectionSet<Socket>;
	readonly #pipelines = new Map<Socket, Pipeline>();
	readonly #isTls: boolean;
	/** Connections in their TLS handshake, by the peer's address and port. */
	readonly #beginning = new Map<string, Socket>();
	#isEnding = false;

	/** Call it before the server listens. */
	constructor(server: Server, options: ConnectionsOptions) {
		this.#options = options;
		this.#open = new ConnectionSet(options.limits, (why) => options.onRefused?.(why));
		this.#isTls = "setSecureContext" in server;
		const { faults } = options;
		const guarded = (hear: (socket: Socket) => void) =>
			faults.callback(hear, (_error, socket: Socket) => socket.destroy());
		server.on(
			"connection",
			guarded((socket) => this.#connected(socket)),
		);
		server.on(
			"secureConnection",
			guarded((socket) => this.#secured(socket)),
		);
		const broken = (error: NodeJS.ErrnoException, socket: Duplex) => this.#broken(error, socket as Socket);
		server.on(
			"clientError",
			faults.callback(broken, (_error, _cause, socket) => socket.destroy()),
		);
		// Node would answer at once, before the answers to earlier requests.
		const unexpected = (request: IncomingMessage, response: ServerResponse) =>
			this.serve(request, response, () => response.writeHead(417).end());
		server.on(
			"checkExpectation",
			faults.callback(unexpected, (_error, { socket }) => socket.destroy()),
		);
		noteErrors(server, faults);
	}

	/**
	 * Answers a request when all earlier requests of its connection are answered.
	 * @param start starts the answer. If it throws, the connection is closed.
	 */
	serve(request: IncomingMessage, answer: ServerResponse, start: () => unknown): void {
		const begin = () => {
			dropRest(request, answer, this.#options.faults, () => this.#isEnding);
			return start();
		};
		this.#pipelines.get(request.socket)?.serve({ answer, request, start: begin });
	}

	/** Closes the idle connections now, and each other one after its last answer. */
	endUnused(): void {
		this.#isEnding = true;
		this.#open.destroyIdle();
	}

	#connected(socket: Socket): void {
		const why = this.#open.refusal(socket.remoteAddress ?? "");
		if (why !== undefined) {
			this.#refuse(socket, why);
			return;
		}
		this.#track(socket);
		if (!this.#isTls) return;
		const address = addressOf(socket);
		this.#beginning.set(address, socket);
		const closed = () => {
			if (this.#beginning.get(address) === socket) this.#beginning.delete(address);
		};
		socket.once("close", this.#options.faults.callback(closed));
	}

	/** With TLS, requests come on a second socket that wraps the first one. */
	#secured(socket: Socket): void {
		const plain = this.#beginning.get(addressOf(socket));
		if (plain !== undefined) this.#forget(plain);
		this.#track(socket);
	}

	#refuse(socket: Socket, why: ConnectionRefusal): void {
		this.#options.onRefused?.(why);
		socket.on("error", () => socket.destroy());
		if (this.#isTls) {
			socket.destroy();
			return;
		}
		socket.write(FULL_ANSWER, "latin1");
		socket.destroySoon();
	}

	#track(socket: Socket): void {
		const pipeline = new Pipeline(socket, {
			faults: this.#options.faults,
			isEnding: () => this.#isEnding,
			busy: () => this.#open.setBusy(socket),
			idle: () => {
				this.#open.setIdle(socket);
				// Some of the answer may not be sent yet.
				if (this.#isEnding) socket.destroySoon();
			},
			cutOff: () => this.#options.onRefused?.("pipeline"),
		});
		this.#pipelines.set(socket, pipeline);
		this.#open.add(socket, socket.remoteAddress ?? "");
		socket.on(
			"close",
			this.#options.faults.callback(() => this.#forget(socket)),
		);
	}

	#forget(socket: Socket): void {
		this.#open.delete(socket);
		this.#pipelines.get(socket)?.close();
		this.#pipelines.delete(socket);
	}

	#broken(error: NodeJS.ErrnoException, socket: Socket): void {
		const pipeline = this.#pipelines.get(socket);
		if (pipeline === undefined) socket.destroy();
		else pipeline.broken(error);
	}
}
