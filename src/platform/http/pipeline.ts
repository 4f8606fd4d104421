/**
 * The requests of one connection. One is under way; those that were pipelined behind it wait for their turn, so that
 * answers leave in the order of the requests, and a client gets no more done at once by pipelining. While many wait, the
 * connection is not read. An upgrade is taken only where no answer is owed: its frames and an earlier answer would
 * otherwise share a stream.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { brokenRequestAnswer } from "./bare-answers.ts";

/** Something to answer. */
interface Turn {
	/** Emits `close` when the answer is over: a response, or the socket itself. */
	readonly answer: NodeJS.EventEmitter;
	readonly request: IncomingMessage | undefined;
	/** Begins the answer. */
	readonly start: () => unknown;
}

export interface PipelineEvents {
	readonly faults: FaultBoundary;
	/** Called when an answer is owed, where none was. */
	readonly busy: () => void;
	/** Called when no answer is owed any more, and the connection is still there. */
	readonly idle: () => void;
	/** Called before the connection is closed since too much waits on it, or for too long. */
	readonly cutOff: () => void;
}

/** From so many waiting requests on, a connection is not read until few are left. */
const PAUSE_AT = 32;
const RESUME_AT = 8;
/** One chunk of the network may hold many requests; a connection with more than that is cut off. */
const WAITING_MAX = 10_000;
/** A connection that is not read does not show that its client has left: it is cut off after so long without progress. */
const STUCK_MS = 10_000;

function hasBegun(answer: NodeJS.EventEmitter): boolean {
	return !("headersSent" in answer) || answer.headersSent === true;
}

export class Pipeline {
	readonly #socket: Socket;
	readonly #events: PipelineEvents;
	readonly #waiting: Turn[] = [];
	readonly #pauseSafely: () => void;
	#current: Turn | undefined;
	/** Nothing that comes from now on is a request. */
	#isEnding = false;
	/** There while the connection is not read. */
	#stuck: NodeJS.Timeout | undefined;

	constructor(socket: Socket, events: PipelineEvents) {
		this.#socket = socket;
		this.#events = events;
		this.#pauseSafely = events.faults.callback(
			() => this.#pause(),
			() => socket.destroy(),
		);
	}

	/** Takes a request. @param turn where its start throws, the connection is closed */
	serve(turn: Turn): void {
		if (!this.#isEnding) this.#take(turn);
	}

	/** As `Connections.upgrade`. */
	upgrade(request: IncomingMessage, accept: () => unknown, refuse: () => unknown): void {
		const socket = this.#socket;
		if (this.#isEnding) {
			socket.destroy();
			return;
		}
		this.#isEnding = true;
		const isFree = this.#current === undefined;
		if (!isFree) {
			// Node does this for connections that it has not let go of.
			const drained = () => {
				const answer = this.#current?.answer;
				if (answer !== socket) answer?.emit("drain");
			};
			socket.on(
				"drain",
				this.#events.faults.callback(drained, () => socket.destroy()),
			);
			this.#discard();
		}
		this.#take({ answer: socket, request, start: isFree ? accept : refuse });
	}

	/** Tells the client, when it is its turn, that what came is no request, or came too slowly; and closes. */
	broken(error: NodeJS.ErrnoException): void {
		const socket = this.#socket;
		const text = brokenRequestAnswer(error);
		if (text === undefined || !socket.writable) {
			socket.destroy();
			return;
		}
		// Every further chunk is an error again.
		if (this.#isEnding) return;
		this.#isEnding = true;
		const say = () => {
			socket.write(text, "latin1");
			socket.destroySoon();
		};
		const current = this.#current;
		const isItsBody = current?.request?.complete === false;
		if (current === undefined || (isItsBody && !hasBegun(current.answer))) say();
		else if (isItsBody) socket.destroy();
		else {
			if (this.#waiting.at(-1)?.request?.complete === false) this.#waiting.pop();
			this.#discard();
			this.#take({ answer: socket, request: undefined, start: say });
		}
	}

	/** The connection is closed: nothing is answered any more. */
	close(): void {
		this.#isEnding = true;
		clearTimeout(this.#stuck);
		this.#waiting.length = 0;
	}

	/** What follows is read only to learn when the client leaves. */
	#discard(): void {
		clearTimeout(this.#stuck);
		this.#stuck = undefined;
		const end = this.#events.faults.callback(() => this.#socket.destroy());
		this.#socket.once("end", end).resume();
	}

	#take(turn: Turn): void {
		if (this.#current === undefined) {
			this.#events.busy();
			this.#begin(turn);
			return;
		}
		const waiting = this.#waiting.push(turn);
		if (waiting > WAITING_MAX) this.#cutOff();
		// After what is on its way by now: Node resumes the connection once it has read a request.
		else if (waiting >= PAUSE_AT) queueMicrotask(this.#pauseSafely);
	}

	#begin(turn: Turn): void {
		const { faults } = this.#events;
		const end = () => this.#socket.destroy();
		this.#current = turn;
		turn.answer.once(
			"close",
			faults.callback(() => this.#over(), end),
		);
		faults.run(turn.start, end);
	}

	#over(): void {
		this.#current = undefined;
		if (this.#socket.destroyed) return;
		this.#stuck?.refresh();
		if (this.#waiting.length <= RESUME_AT) this.#resume();
		const next = this.#waiting.shift();
		if (next === undefined) this.#events.idle();
		else this.#begin(next);
	}

	#pause(): void {
		if (this.#waiting.length < PAUSE_AT || this.#isEnding) return;
		this.#socket.pause();
		const stuck = this.#events.faults.callback(() => this.#cutOff());
		this.#stuck ??= setTimeout(stuck, STUCK_MS).unref();
	}

	#resume(): void {
		if (this.#stuck === undefined) return;
		clearTimeout(this.#stuck);
		this.#stuck = undefined;
		this.#socket.resume();
	}

	#cutOff(): void {
		this.#events.faults.run(this.#events.cutOff);
		this.#socket.destroy();
	}
}
