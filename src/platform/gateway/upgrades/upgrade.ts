/**
 * Forwards WebSockets. HTTP parsers read the handshake on both sides; after it, bytes are copied unchanged.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ServingInstance } from "../../runtime/runtime.ts";
import { type Connector, isExhausted } from "../connect.ts";
import {
	answerHead,
	type CheckedAnswer,
	checkAnswer,
	checkSwitch,
	INTERIM_MAX,
	unreadableAnswer,
} from "../function-answer.ts";
import type { ClientExchange } from "../http-server/client-exchange.ts";
import { invalidAnswer, PROBLEMS, type Problem } from "../problem.ts";

/** A client's upgrade request, and the instance that gets it. */
export interface Upgrade {
	readonly client: ClientExchange;
	readonly instance: Pick<ServingInstance, "answered" | "probation" | "socketPath" | "timedOut">;
	/** The request target without the prefix. */
	readonly target: string;
	/** A flat list of the forwarded headers, without `connection` and `upgrade`. */
	readonly headers: readonly string[];
	readonly requestId: string;
	readonly timeoutMs: number;
	/** Adds a function that is called when the client's exchange is over. */
	readonly onEnd: (end: () => void) => void;
}

export interface UpgradeEvents {
	/** Called once with the status of the function's response. */
	readonly onStatus: (status: number) => void;
	/** Called once if the client gets no response from the function. */
	readonly onProblem: (problem: Problem) => void;
	/** Called instead of the others if another instance has to get the request, because this one lacks a secret. */
	readonly onSuperseded: () => void;
}

type Accepted = Exclude<CheckedAnswer, { readonly fault: string }>;

class UpgradeForwarder {
	readonly #upgrade: Upgrade;
	readonly #events: UpgradeEvents;
	readonly #faults: FaultBoundary;
	readonly #upstream: ClientRequest;
	readonly #timer: NodeJS.Timeout;
	/** Removes this request from those that can be repeated. */
	readonly #keepHere: (() => void) | undefined;
	#isSettled = false;
	/** Whether another attempt has the connection of the client. */
	#isSuperseded = false;
	#interimCount = 0;

	constructor(upgrade: Upgrade, connector: Connector, faults: FaultBoundary, events: UpgradeEvents) {
		this.#upgrade = upgrade;
		this.#events = events;
		this.#faults = faults;
		this.#timer = setTimeout(
			this.#guarded(() => this.#fail(PROBLEMS.timeout)),
			upgrade.timeoutMs,
		);
		upgrade.client.onGone = this.#guarded(() => {
			clearTimeout(this.#timer);
			this.#keepHere?.();
			this.#upstream.destroy();
		});
		this.#upstream = this.#openUpstream(connector);
		this.#keepHere = upgrade.instance.probation?.onSuperseded(this.#guarded(() => this.#repeat()));
	}

	/** Closes the connection of the client, unless another attempt has it. */
	#closeClient(): void {
		if (!this.#isSuperseded) this.#upgrade.client.cancel();
	}

	#repeat(): void {
		if (!this.#settle()) return;
		this.#isSuperseded = true;
		this.#upgrade.client.onGone = undefined;
		this.#upstream.destroy();
		this.#events.onSuperseded();
	}

	/** A callback whose exception closes the connections of both sides. */
	#guarded<Args extends readonly unknown[]>(work: (...args: Args) => void): (...args: Args) => void {
		return this.#faults.callback(work, () => {
			clearTimeout(this.#timer);
			this.#upstream.destroy();
			if (this.#isSettled) this.#closeClient();
			else this.#fail(PROBLEMS.internal);
		});
	}

	#openUpstream(connector: Connector): ClientRequest {
		const { headers, instance, target } = this.#upgrade;
		const upstream = httpRequest({
			createConnection: (_options, onConnect) => {
				connector.connect(instance.socketPath, (error, connection) => onConnect(error, connection as Duplex));
				return undefined;
			},
			path: target,
			method: "GET",
			headers: [...headers, "connection", "Upgrade", "upgrade", "websocket"],
		});
		upstream.on(
			"error",
			this.#guarded((error: Error) => this.#failed(error)),
		);
		const interim = () => {
			if (this.#interimCount++ >= INTERIM_MAX) this.#fail(invalidAnswer("it has too many interim statuses"));
		};
		upstream.on("information", this.#guarded(interim));
		upstream.on(
			"upgrade",
			this.#guarded((response: IncomingMessage, connection: Duplex, head: Buffer) => {
				connection.on("error", () => connection.destroy());
				this.#whenReadsAreSettled(() => this.#accept(response, connection, head));
			}),
		);
		upstream.on(
			"response",
			this.#guarded((response: IncomingMessage) => {
				response.on("error", () => this.#closeClient());
				this.#whenReadsAreSettled(() => this.#decline(response));
			}),
		);
		return upstream;
	}

	/** Runs a task once every read of the function before its response is reported. */
	#whenReadsAreSettled(work: () => void): void {
		const settled = this.#upgrade.instance.probation?.settleReads();
		if (settled === undefined) work();
		else void settled.then(this.#guarded(work));
	}

	/** The function accepted the upgrade. */
	#accept(response: IncomingMessage, connection: Duplex, head: Buffer): void {
		const answer = checkSwitch(answerHead(response), this.#upgrade.requestId);
		if (this.#isSettled || answer.fault !== undefined) connection.destroy();
		if (answer.fault !== undefined) this.#fail(invalidAnswer(answer.fault));
		else if (this.#settle()) this.#switch(answer, connection, head);
	}

	begin(): void {
		this.#guarded(() => this.#upstream.end())();
	}

	#failed(error: Error): void {
		if (this.#isSettled) {
			this.#closeClient();
			return;
		}
		const fault = unreadableAnswer(error);
		this.#whenReadsAreSettled(() => {
			if (isExhausted(error)) this.#fail(PROBLEMS.exhausted);
			else this.#fail(fault === undefined ? PROBLEMS.broken : invalidAnswer(fault));
		});
	}

	/** Claims the one response to the client. @returns false if it is already claimed or the client has disconnected */
	#settle(): boolean {
		if (this.#isSettled || this.#upgrade.client.isOver) return false;
		this.#isSettled = true;
		this.#keepHere?.();
		clearTimeout(this.#timer);
		return true;
	}

	#fail(problem: Problem): void {
		if (!this.#settle()) return;
		this.#upstream.destroy();
		this.#events.onProblem(problem);
	}

	#switch({ headers, reason, status }: Accepted, connection: Duplex, upstreamHead: Buffer): void {
		this.#events.onStatus(status);
		const head = { status, reason, headers, length: undefined };
		const { received, stream } = this.#upgrade.client.switchProtocol(head);
		if (upstreamHead.length > 0) stream.write(upstreamHead);
		if (received.length > 0) connection.write(received);
		this.#pipe(stream, connection);
		this.#pipe(connection, stream);
	}

	/** Copies bytes one way. When one side closes, so does the other. */
	#pipe(from: Duplex, to: Duplex): void {
		const end = this.#faults.callback(() => to.destroy());
		from.pipe(to);
		from.on("error", end);
		from.on("close", end);
	}

	/** Forwards an ordinary response, with which the function declines the upgrade. */
	#decline(response: IncomingMessage): void {
		const { client, requestId } = this.#upgrade;
		const checked = checkAnswer(answerHead(response), requestId);
		if (checked.fault !== undefined) {
			this.#fail(invalidAnswer(checked.fault));
			return;
		}
		if (!this.#settle()) return;
		this.#events.onStatus(checked.status);
		const { framing, headers, reason, status } = checked;
		client.closeAfterwards();
		client.begin({ status, reason, headers, length: framing.length });
		client.flush();
		client.onDrain = this.#guarded(() => response.resume());
		const write = (data: Buffer) => {
			if (!client.write(data)) response.pause();
		};
		response.on("data", this.#guarded(write));
		response.on(
			"end",
			this.#guarded(() => client.end()),
		);
	}
}

/**
 * Forwards an upgrade request, and then the bytes of both sides until the connection closes.
 * @param faults handles exceptions, which close the connection
 */
export function forwardUpgrade(
	upgrade: Upgrade,
	connector: Connector,
	faults: FaultBoundary,
	events: UpgradeEvents,
): void {
	new UpgradeForwarder(upgrade, connector, faults, events).begin();
}
