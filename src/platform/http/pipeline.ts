/**
 * The requests of one connection.
 *
 * One request is in progress. Pipelined requests wait, so that answers leave in the order of the requests,
 * and pipelining does not give a client more work at a time. While many requests wait, the connection is not
 * read.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { brokenRequestAnswer } from "./bare-answers.ts";
import { linger } from "./linger.ts";
import { dropsRest } from "./unread-request.ts";

/** A request that waits for its answer. */
interface PendingAnswer {
	/** Emits `close` when the answer has ended: a response, or the socket itself. */
	readonly answer: NodeJS.EventEmitter;
	readonly request: IncomingMessage | undefined;
	/** Starts the answer. */
	readonly start: () => unknown;
}

export interface PipelineEvents {
	readonly faults: FaultBoundary;
	/** Whether the listener waits for its connections to close. */
	readonly isEnding: () => boolean;
	/** Called when an idle connection gets a request. */
	readonly busy: () => void;
	/** Called when the last answer has ended and the connection is still open. */
	readonly idle: () => void;
	/** Called before the connection is closed because too much waits on it, or waits for too long. */
	readonly cutOff: () => void;
}

/** With this many waiting requests the connection is paused, until few are left. */
const PAUSE_AT = 32;
const RESUME_AT = 8;
/** One chunk from the network may contain many requests. A connection with more than this is closed. */
const WAITING_MAX = 10_000;
/**
 * A paused connection does not report that its client has disconnected. It is closed after this time without progress.
 */
const STUCK_MS = 10_000;

function hasBegun(answer: NodeJS.EventEmitter): boolean {
	return !("headersSent" in answer) || answer.headersSent === true;
}

export class Pipeline {
	readonly #socket: Socket;
	readonly #events: PipelineEvents;
	readonly #waiting: PendingAnswer[] = [];
	readonly #pauseSafely: () => void;
	#current: PendingAnswer | undefined;
	/** Later requests on this connection are ignored. */
	#isEnding = false;
	/** The timer while the connection is paused. */
	#stuck: NodeJS.Timeout | undefined;

	constructor(socket: Socket, events: PipelineEvents) {
		this.#socket = socket;
		this.#events = events;
		this.#pauseSafely = events.faults.callback(
			() => this.#pause(),
			() => socket.destroy(),
		);
	}

	/**
	 * Takes a request. Ignores it if the connection is destroyed or ended: Node may still emit requests that it has read, and
	 * never closes their answers.
	 * @param turn if its start throws, the connection is closed
	 */
	serve(turn: PendingAnswer): void {
		if (!this.#isEnding && this.#socket.writable) this.#take(turn);
	}

	/**
	 * Answers, in its turn, that the bytes are not a request or came too slowly, and closes the connection. If they are the
	 * rest of a request that is answered already, it is only closed.
	 */
	broken(error: NodeJS.ErrnoException): void {
		const socket = this.#socket;
		const text = brokenRequestAnswer(error);
		// Each further chunk causes the same error again.
		if (text !== undefined && this.#isEnding) return;
		if (text === undefined || !socket.writable || dropsRest(socket)) {
			socket.destroy();
			return;
		}
		this.#isEnding = true;
		const say = () => {
			socket.write(text, "latin1");
			linger(socket, this.#events.faults, this.#events.isEnding);
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

	/** The connection has closed. Nothing is answered any more. */
	close(): void {
		this.#isEnding = true;
		clearTimeout(this.#stuck);
		this.#waiting.length = 0;
	}

	/** Reads further bytes only to notice when the client leaves. */
	#discard(): void {
		clearTimeout(this.#stuck);
		this.#stuck = undefined;
		const end = this.#events.faults.callback(() => this.#socket.destroy());
		this.#socket.once("end", end).resume();
	}

	#take(turn: PendingAnswer): void {
		if (this.#current === undefined) {
			this.#events.busy();
			this.#begin(turn);
			return;
		}
		const waiting = this.#waiting.push(turn);
		if (waiting > WAITING_MAX) this.#cutOff();
		// A microtask later, since Node resumes the connection once it has read the request.
		else if (waiting >= PAUSE_AT) queueMicrotask(this.#pauseSafely);
	}

	#begin(turn: PendingAnswer): void {
		const { faults } = this.#events;
		const end = () => this.#socket.destroy();
		this.#current = turn;
		turn.answer.once(
			"close",
			faults.callback(() => this.#ended(), end),
		);
		faults.run(turn.start, end);
	}

	#ended(): void {
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
