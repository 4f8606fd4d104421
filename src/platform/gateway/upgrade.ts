/**
 * WebSockets: the handshake goes through HTTP parsers on both sides, then bytes flow as they are.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { Instance } from "../runtime/runtime.ts";
import { type Connector, isExhausted } from "./connect.ts";
import {
	type CheckedAnswer,
	checkAnswer,
	checkSwitch,
	headOf,
	INTERIM_MAX,
	unreadableAnswer,
} from "./function-answer.ts";
import { hasBody, invalidAnswer, PROBLEMS, type Problem } from "./problem.ts";

/** A response to a request whose socket the server has let go of; the connection ends with it. */
export function responseOn(request: IncomingMessage, socket: Duplex, faults: FaultBoundary): ServerResponse {
	const response = new ServerResponse(request);
	response.shouldKeepAlive = false;
	response.assignSocket(socket as never);
	const end = () => {
		response.detachSocket(socket as never);
		socket.end();
	};
	response.on(
		"finish",
		faults.callback(end, () => socket.destroy()),
	);
	return response;
}

/** Whether it asks for a WebSocket; with a body, nobody could tell where that ends and the frames begin. */
export function isWebSocket(request: IncomingMessage): boolean {
	const { headers, method } = request;
	return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket" && !hasBody(request);
}

/** A client's request to upgrade, and where it goes. */
export interface Upgrade {
	readonly request: IncomingMessage;
	readonly socket: Duplex;
	/** What the client has sent behind its request. */
	readonly head: Buffer;
	/** Of the instance. */
	readonly socketPath: string;
	/** Request target without the prefix. */
	readonly target: string;
	/** Flat list, as forwarded, without `connection` and `upgrade`. */
	readonly headers: readonly string[];
	readonly requestId: string;
	readonly timeoutMs: number;
}

export interface UpgradeEvents {
	/** Called once with the status that the client gets from the function. */
	readonly onStatus: (status: number) => void;
	/** Called once where there is no answer that the client could get from the function. */
	readonly onProblem: (problem: Problem) => void;
}

type Accepted = Exclude<CheckedAnswer, { readonly fault: string }>;

class UpgradeForwarder {
	readonly #upgrade: Upgrade;
	readonly #events: UpgradeEvents;
	readonly #faults: FaultBoundary;
	readonly #upstream: ClientRequest;
	readonly #timer: NodeJS.Timeout;
	#isSettled = false;
	#interim = 0;

	constructor(upgrade: Upgrade, connector: Connector, faults: FaultBoundary, events: UpgradeEvents) {
		this.#upgrade = upgrade;
		this.#events = events;
		this.#faults = faults;
		this.#timer = setTimeout(
			this.#guarded(() => this.#fail(PROBLEMS.timeout)),
			upgrade.timeoutMs,
		);
		this.#upstream = this.#ask(connector);
	}

	/** A callback after whose exception neither side's connection goes on. */
	#guarded<Args extends readonly unknown[]>(work: (...args: Args) => void): (...args: Args) => void {
		return this.#faults.callback(work, () => {
			clearTimeout(this.#timer);
			this.#upstream.destroy();
			if (this.#isSettled) this.#upgrade.socket.destroy();
			else this.#fail(PROBLEMS.internal);
		});
	}

	#ask(connector: Connector): ClientRequest {
		const { headers, socket, socketPath, target } = this.#upgrade;
		const upstream = httpRequest({
			createConnection: (_options, onConnect) => {
				connector.connect(socketPath, (error, connection) => onConnect(error, connection as Duplex));
				return undefined;
			},
			path: target,
			method: "GET",
			headers: [...headers, "connection", "Upgrade", "upgrade", "websocket"],
		});
		socket.once(
			"close",
			this.#guarded(() => {
				clearTimeout(this.#timer);
				upstream.destroy();
			}),
		);
		upstream.on(
			"error",
			this.#guarded((error: Error) => this.#failed(error)),
		);
		const interim = () => {
			if (this.#interim++ >= INTERIM_MAX) this.#fail(invalidAnswer("it has too many interim statuses"));
		};
		upstream.on("information", this.#guarded(interim));
		upstream.on(
			"upgrade",
			this.#guarded((response: IncomingMessage, connection: Duplex, head: Buffer) => {
				connection.on("error", () => connection.destroy());
				const answer = checkSwitch(headOf(response), this.#upgrade.requestId);
				if (this.#isSettled || answer.fault !== undefined) connection.destroy();
				if (answer.fault !== undefined) this.#fail(invalidAnswer(answer.fault));
				else if (this.#settle()) this.#switch(answer, connection, head);
			}),
		);
		upstream.on(
			"response",
			this.#guarded((response: IncomingMessage) => this.#decline(response)),
		);
		return upstream;
	}

	begin(): void {
		this.#guarded(() => this.#upstream.end())();
	}

	#failed(error: Error): void {
		if (this.#isSettled) {
			this.#upgrade.socket.destroy();
			return;
		}
		const fault = unreadableAnswer(error);
		if (isExhausted(error)) this.#fail(PROBLEMS.exhausted);
		else this.#fail(fault === undefined ? PROBLEMS.broken : invalidAnswer(fault));
	}

	/** @returns whether the answer is this one's to give: there is one answer, whatever the function sends */
	#settle(): boolean {
		if (this.#isSettled || this.#upgrade.socket.destroyed) return false;
		this.#isSettled = true;
		clearTimeout(this.#timer);
		return true;
	}

	#fail(problem: Problem): void {
		if (!this.#settle()) return;
		this.#upstream.destroy();
		this.#events.onProblem(problem);
	}

	#switch({ headers, reason, status }: Accepted, connection: Duplex, upstreamHead: Buffer): void {
		const { head, socket } = this.#upgrade;
		this.#events.onStatus(status);
		let text = `HTTP/1.1 ${status} ${reason}\r\n`;
		for (let index = 0; index < headers.length; index += 2)
			text += `${headers[index]}: ${headers[index + 1]}\r\n`;
		socket.write(`${text}\r\n`, "latin1");
		if (upstreamHead.length > 0) socket.write(upstreamHead);
		if (head.length > 0) connection.write(head);
		this.#join(socket, connection);
		this.#join(connection, socket);
	}

	/** Each side's end is the other's. */
	#join(from: Duplex, to: Duplex): void {
		const end = this.#faults.callback(() => to.destroy());
		from.pipe(to);
		from.on("error", end);
		from.on("close", end);
	}

	/** An ordinary answer. */
	#decline(response: IncomingMessage): void {
		const { request, requestId, socket } = this.#upgrade;
		response.on("error", () => socket.destroy());
		const checked = checkAnswer(headOf(response), requestId);
		if (checked.fault !== undefined) {
			this.#fail(invalidAnswer(checked.fault));
			return;
		}
		if (!this.#settle()) return;
		this.#events.onStatus(checked.status);
		const answer = responseOn(request, socket, this.#faults);
		answer.on("error", () => socket.destroy());
		answer.writeHead(checked.status, checked.reason, checked.headers);
		response.pipe(answer);
	}
}

/**
 * Forwards a request to upgrade, and then what either side sends, until the connection is over.
 * @param faults where an exception ends the connection
 */
export function forwardUpgrade(
	upgrade: Upgrade,
	connector: Connector,
	faults: FaultBoundary,
	events: UpgradeEvents,
): void {
	new UpgradeForwarder(upgrade, connector, faults, events).begin();
}

/** The events of an upgrade, of which the instance is told, too: whether it answers. */
export function noting(instance: Instance, { onStatus, onProblem }: UpgradeEvents): UpgradeEvents {
	return {
		onStatus: (status) => {
			instance.answered();
			onStatus(status);
		},
		onProblem: (problem) => {
			if (problem === PROBLEMS.timeout) instance.timedOut();
			onProblem(problem);
		},
	};
}
