/**
 * The way in to functions: an HTTP listener of its own that finds the function, counts the request into the
 * instance that serves it now, and streams.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { FaultBoundary } from "../faults/error-boundary.ts";
import { Connections } from "../http/connections.ts";
import { budgetOf, descriptorLimit } from "../http/descriptors.ts";
import { listenOn } from "../http/listen.ts";
import { serverOptions } from "../http/server-options.ts";
import { Accounts } from "./accounts.ts";
import { Admissions } from "./admission.ts";
import { type Exchange, forward, type Outcome } from "./forward.ts";
import { Instances } from "./instances.ts";
import type { GatewayOptions } from "./options.ts";
import { type Bounds, PROBLEMS, type Problem, problemOf, sendProblem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";
import type { Route } from "./routing.ts";
import { UnderWay } from "./under-way.ts";
import { forwardUpgrade, isWebSocket, noting, responseOn } from "./upgrade.ts";

export interface Gateway {
	/** @param port 0 picks a free one */
	listen(port: number, host: string): Promise<{ host: string; port: number }>;
	/** Takes no new connection, lets requests finish for the grace period, then cuts them off. */
	close(options?: { graceMs?: number }): Promise<void>;
}

class NodeGateway implements Gateway {
	readonly #options: GatewayOptions;
	readonly #server: Server;
	readonly #faults: FaultBoundary;
	readonly #admissions: Admissions;
	readonly #accounts: Accounts;
	readonly #instances: Instances;
	readonly #connections: Connections;
	readonly #underWay: UnderWay;
	readonly #upgraded = new Set<Duplex>();

	constructor(options: GatewayOptions) {
		const { faults = new FaultBoundary("gateway"), limits = budgetOf(descriptorLimit(), 0) } = options;
		this.#options = options;
		this.#faults = faults;
		this.#admissions = new Admissions(options);
		this.#accounts = new Accounts(options, faults);
		this.#instances = new Instances((app, name) => options.instance(app, name), faults, limits.functions);
		this.#underWay = new UnderWay(limits.functions.perFunctionMax);
		this.#server = createServer(serverOptions(options));
		this.#connections = new Connections(this.#server, {
			faults,
			limits: limits.gateway,
			onRefused: (why) => options.onRefused?.(why),
		});
		this.#hear();
	}

	#hear(): void {
		const serve = (isWaiting: boolean) => (request: IncomingMessage, response: ServerResponse) =>
			this.#connections.serve(request, response, () => this.#begin(request, response, isWaiting));
		const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
			const accept = () => this.#upgrade(request, socket, head);
			const refuse = () =>
				sendProblem(request, this.#responseOn(request), PROBLEMS.upgradeBehind, requestIdOf(request));
			this.#connections.upgrade(request, accept, refuse);
		};
		// An exception closes the connection.
		const close = (_error: unknown, { socket }: IncomingMessage) => socket.destroy();
		this.#server.on("request", this.#faults.callback(serve(false), close));
		this.#server.on("checkContinue", this.#faults.callback(serve(true), close));
		this.#server.on("upgrade", this.#faults.callback(upgrade, close));
	}

	#responseOn(request: IncomingMessage): ServerResponse {
		return responseOn(request, request.socket, this.#faults);
	}

	async listen(port: number, host: string): Promise<{ host: string; port: number }> {
		const address = await listenOn(this.#server, port, host);
		return { host: address.address, port: address.port };
	}

	async close({ graceMs = 30_000 } = {}): Promise<void> {
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		this.#connections.endUnused();
		const timer = setTimeout(() => {
			this.#server.closeAllConnections();
			for (const socket of this.#upgraded) socket.destroy();
		}, graceMs);
		await closed;
		clearTimeout(timer);
		await this.#instances.close();
	}

	/** Answers a request; with 500 where the gateway itself fails. */
	#begin(request: IncomingMessage, response: ServerResponse, isWaiting: boolean): void {
		const requestId = requestIdOf(request);
		// A client that goes away is seen as `close`; what was being written then is lost either way.
		response.on("error", () => response.destroy());
		const giveUp = () =>
			this.#faults.run(
				() => sendProblem(request, response, PROBLEMS.internal, requestId),
				() => request.socket.destroy(),
			);
		this.#faults.run(() => this.#handle(request, response, { requestId, isWaiting }), giveUp);
	}

	async #handle(
		request: IncomingMessage,
		response: ServerResponse,
		{ requestId, isWaiting }: { requestId: string; isWaiting: boolean },
	): Promise<void> {
		const admission = this.#admissions.check(request);
		const account = this.#accounts.open(request, requestId, admission);
		this.#accounts.follow(account, response);
		if (admission.route === undefined) {
			account.problem = admission.problem;
			return admission.problem && sendProblem(request, response, admission.problem, requestId);
		}
		const { bounds } = admission;
		const exchange: Exchange = {
			request,
			response,
			target: admission.route.target,
			headers: this.#admissions.headersFor(request, admission.route, requestId),
			requestId,
			maxBodyBytes: bounds.bodyBytes,
			responseTimeoutMs: bounds.timeoutMs,
			account,
			faults: this.#faults,
		};
		let outcome: "done" | Problem = PROBLEMS.internal;
		try {
			outcome = await this.#exchange(admission.route, exchange, isWaiting);
		} finally {
			if (outcome !== "done") account.problem = outcome;
		}
		if (outcome === "done") return;
		sendProblem(request, response, this.#told(outcome, admission.route, bounds), requestId);
	}

	/** A problem as the client is told it; what is for the function's log goes there. */
	#told(problem: Problem, route: Route, bounds: Bounds): Problem {
		if (problem.fault !== undefined) this.#options.onInvalidAnswer?.(route, problem.fault);
		if (problem === PROBLEMS.busy) this.#options.onRefused?.("function");
		return problemOf(problem, route.function, bounds);
	}

	/** One exchange with the function, counted into what it has under way. */
	async #exchange(route: Route, exchange: Exchange, isWaiting: boolean): Promise<"done" | Problem> {
		const leave = this.#underWay.enter(route);
		if (leave === undefined) return PROBLEMS.busy;
		try {
			let outcome = await this.#attempt(route, exchange, isWaiting);
			// Nothing reached the function, not even the request line: another instance can have it.
			if (outcome === "unsent") outcome = await this.#attempt(route, exchange, false);
			return outcome === "unsent" ? PROBLEMS.broken : outcome;
		} finally {
			leave();
		}
	}

	async #attempt(route: Route, exchange: Exchange, isWaiting: boolean): Promise<Outcome> {
		let release = () => {};
		const onCounted = (counted: () => void) => {
			release = counted;
		};
		try {
			const found = this.#instances.lease(route.app, route.function, onCounted);
			// Most functions run already. Each promise that is not needed saves some microseconds of a request.
			const lease = found instanceof Promise ? await found : found;
			if ("status" in lease) return lease;
			exchange.account.instance = lease.instance;
			exchange.onAnswer = () => lease.instance.answered();
			exchange.onOver = release;
			if (isWaiting) exchange.response.writeContinue();
			const outcome = await forward(lease.pool, exchange);
			// While the function waits for the rest of a request, undici's time does not run out.
			if (outcome === PROBLEMS.timeout) lease.instance.timedOut();
			return outcome;
		} finally {
			release();
		}
	}

	async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		const requestId = requestIdOf(request);
		const admission = this.#admissions.check(request);
		const account = this.#accounts.open(request, requestId, admission);
		const refuse = (problem: Problem) => {
			account.end(problem.status, problem.code);
			sendProblem(request, this.#responseOn(request), problem, requestId);
		};
		if (admission.route === undefined) return admission.problem && refuse(admission.problem);
		if (!isWebSocket(request)) return refuse(PROBLEMS.upgrade);
		const { bounds, route } = admission;
		const onStatus = (status: number) => account.end(status);
		const onProblem = (problem: Problem) => {
			refuse(this.#told(problem, route, bounds));
		};
		const leave = this.#underWay.enter(route);
		if (leave === undefined) return onProblem(PROBLEMS.busy);
		socket.once("close", this.#faults.callback(leave));
		this.#accounts.endWith(account, socket);
		const onCounted = (release: () => void) => {
			if (socket.destroyed) release();
			else socket.once("close", this.#faults.callback(release));
		};
		const lease = await this.#instances.lease(route.app, route.function, onCounted);
		if ("status" in lease) return onProblem(lease);
		account.instance = lease.instance;
		if (socket.destroyed) return;
		this.#upgraded.add(socket);
		const forget = () => this.#upgraded.delete(socket);
		socket.once("close", this.#faults.callback(forget));
		const headers = this.#admissions.headersFor(request, route, requestId);
		const { socketPath } = lease.instance;
		forwardUpgrade(
			{
				request,
				socket,
				head,
				socketPath,
				target: route.target,
				headers,
				requestId,
				timeoutMs: bounds.timeoutMs,
			},
			this.#instances.connector,
			this.#faults,
			noting(lease.instance, { onStatus, onProblem }),
		);
	}
}

/** A gateway that does not listen yet. */
export function createGateway(options: GatewayOptions): Gateway {
	return new NodeGateway(options);
}
