/**
 * The connections of one HTTP server: their limits, which of them are idle, and the order of answers on each
 * of them (`pipeline.ts`).
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { FULL_ANSWER } from "./bare-answers.ts";
import type { ConnectionLimits } from "./descriptors.ts";
import { PeerCounts } from "./peer.ts";
import { Pipeline } from "./pipeline.ts";

/**
 * Why a connection was refused or cut off: too many connections in all, too many from its peer, or too many
 * pipelined requests on it.
 */
export type ConnectionRefusal = "connections" | "peer" | "pipeline";

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
	readonly #open = new Map<Socket, { pipeline: Pipeline; leave: () => void }>();
	/** Connections without a request in progress. The one that has been idle longest is the first. */
	readonly #idle = new Set<Socket>();
	readonly #peers: PeerCounts;
	readonly #isTls: boolean;
	/** Connections in their TLS handshake, by the peer's address and port. */
	readonly #beginning = new Map<string, Socket>();
	#isEnding = false;

	/** Call it before the server listens. */
	constructor(server: Server, options: ConnectionsOptions) {
		this.#options = options;
		this.#peers = new PeerCounts(options.limits.perPeerMax);
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
		// For example, a connection could not be accepted because no descriptor was free. The listener continues.
		server.on("error", faults.note.bind(faults));
	}

	/**
	 * Answers a request when all earlier requests of its connection are answered.
	 * @param answer emits `close` when the answer has ended
	 * @param start starts the answer. If it throws, the connection is closed.
	 */
	serve(request: IncomingMessage, answer: NodeJS.EventEmitter, start: () => unknown): void {
		this.#open.get(request.socket)?.pipeline.serve({ answer, request, start });
	}

	/**
	 * Accepts an upgrade if no earlier request is unanswered. Otherwise refuses it in its turn. Node has already passed
	 * the socket to this code.
	 * @param accept starts the upgraded connection
	 * @param refuse answers with a problem and ends the connection
	 */
	upgrade(request: IncomingMessage, accept: () => unknown, refuse: () => unknown): void {
		const { socket } = request;
		const connection = this.#open.get(socket);
		socket.on("error", () => socket.destroy());
		if (connection === undefined) socket.destroy();
		else connection.pipeline.upgrade(request, accept, refuse);
	}

	/** Closes the idle connections now, and each other one after its last answer. */
	endUnused(): void {
		this.#isEnding = true;
		for (const socket of this.#idle) socket.destroy();
	}

	#connected(socket: Socket): void {
		const why = this.#refusal(socket);
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

	#refusal(socket: Socket): ConnectionRefusal | undefined {
		if (this.#peers.isFull(socket.remoteAddress ?? "")) return "peer";
		if (this.#open.size < this.#options.limits.max) return undefined;
		const [idlest] = this.#idle;
		if (idlest === undefined) return "connections";
		// A server may close an idle connection at any time, so a new request takes precedence over it.
		this.#options.onRefused?.("connections");
		this.#forget(idlest);
		idlest.destroy();
		return undefined;
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
			busy: () => this.#idle.delete(socket),
			idle: () => {
				this.#idle.add(socket);
				// Some of the answer may not be sent yet.
				if (this.#isEnding) socket.destroySoon();
			},
			cutOff: () => this.#options.onRefused?.("pipeline"),
		});
		this.#open.set(socket, { pipeline, leave: this.#peers.add(socket.remoteAddress ?? "") });
		this.#idle.add(socket);
		socket.on(
			"close",
			this.#options.faults.callback(() => this.#forget(socket)),
		);
	}

	#forget(socket: Socket): void {
		const connection = this.#open.get(socket);
		if (connection === undefined) return;
		this.#open.delete(socket);
		this.#idle.delete(socket);
		connection.pipeline.close();
		connection.leave();
	}

	#broken(error: NodeJS.ErrnoException, socket: Socket): void {
		const connection = this.#open.get(socket);
		if (connection === undefined) socket.destroy();
		else connection.pipeline.broken(error);
	}
}
