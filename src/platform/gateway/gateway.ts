/**
 * The gateway: the HTTP listener for functions. For each request it finds the function, counts the request as in
 * flight at the instance that serves the function now, and streams both ways.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { FaultBoundary } from "../faults/error-boundary.ts";
import { Connections } from "../http/connections.ts";
import { budgetOf, descriptorLimit } from "../http/descriptors.ts";
import { listenOn } from "../http/listen.ts";
import { serverOptions } from "../http/server-options.ts";
import type { ServingInstance } from "../runtime/runtime.ts";
import { Admissions } from "./admission.ts";
import { ConcurrencyLimiter } from "./concurrency-limiter.ts";
import { type Exchange, forward, type Outcome } from "./forward.ts";
import { Instances } from "./instances.ts";
import type { GatewayOptions } from "./options.ts";
import { PROBLEMS, type Problem, problemOf, type RequestLimits, sendProblem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";
import { RequestTracker } from "./request-tracker.ts";
import type { Route } from "./routing.ts";
import { UpgradeAttempts } from "./upgrades/upgrade-attempts.ts";
import { isWebSocket, responseOn } from "./upgrades/upgrade-request.ts";

export interface Gateway {
	/** @param port 0 for any free port */
	listen(port: number, host: string): Promise<{ host: string; port: number }>;
	/** Accepts no new connections, lets requests finish during the grace period, then closes their connections. */
	close(options?: { graceMs?: number }): Promise<void>;
}

class NodeGateway implements Gateway {
	readonly #options: GatewayOptions;
	readonly #server: Server;
	readonly #faults: FaultBoundary;
	readonly #admissions: Admissions;
	readonly #tracker: RequestTracker;
	readonly #instances: Instances;
	readonly #connections: Connections;
	readonly #concurrency: ConcurrencyLimiter;
	readonly #upgrades: UpgradeAttempts;
	readonly #upgraded = new Set<Duplex>();

	constructor(options: GatewayOptions) {
		const { faults = new FaultBoundary("gateway"), limits = budgetOf(descriptorLimit(), 0) } = options;
		this.#options = options;
		this.#faults = faults;
		this.#admissions = new Admissions(options);
		this.#tracker = new RequestTracker(options, faults);
		this.#instances = new Instances((app, name) => options.instance(app, name), faults, limits.functions);
		this.#upgrades = new UpgradeAttempts(this.#instances, faults);
		this.#concurrency = new ConcurrencyLimiter(limits.functions.perFunctionMax);
		this.#server = createServer(serverOptions(options));
		this.#connections = new Connections(this.#server, {
			faults,
			limits: limits.gateway,
			onRefused: (reason) => options.onRefused?.(reason),
		});
		this.#addListeners();
	}

	#addListeners(): void {
		const serve = (isWaiting: boolean) => (request: IncomingMessage, response: ServerResponse) =>
			this.#connections.serve(request, response, () => this.#begin(request, response, isWaiting));
		const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
			const accept = () => this.#upgrade(request, socket, head);
			const refuse = () =>
				sendProblem(request, this.#responseOn(request), PROBLEMS.upgradeBehind, requestIdOf(request));
			this.#connections.upgrade(request, accept, refuse);
		};
		// After an exception the connection is closed.
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
		this.#instances.close();
	}

	/**
	 * Responds to a request; with 500 if the gateway itself fails.
	 * @param isWaiting whether the client waits for `100 Continue` before it sends the body
	 */
	#begin(request: IncomingMessage, response: ServerResponse, isWaiting: boolean): void {
		const requestId = requestIdOf(request);
		// If the client closes the connection, the response emits `close`. The data in flight is lost in any case.
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
		const tracked = this.#tracker.track(request, requestId, admission);
		this.#tracker.endOnClose(tracked, response);
		if (admission.route === undefined) {
			tracked.problem = admission.problem;
			return admission.problem && sendProblem(request, response, admission.problem, requestId);
		}
		const { limits } = admission;
		const exchange: Exchange = {
			request,
			response,
			target: admission.route.target,
			headers: this.#admissions.headersFor(request, admission.route, requestId),
			requestId,
			maxBodyBytes: limits.bodyBytes,
			responseTimeoutMs: limits.timeoutMs,
			tracked,
			faults: this.#faults,
		};
		let outcome: "done" | Problem = PROBLEMS.internal;
		try {
			outcome = await this.#exchange(admission.route, exchange, isWaiting);
		} finally {
			if (outcome !== "done") tracked.problem = outcome;
		}
		if (outcome === "done") return;
		sendProblem(request, response, this.#reportProblem(outcome, admission.route, limits), requestId);
	}

	/** Reports a problem to the function's log and the metrics. @returns the problem for the client */
	#reportProblem(problem: Problem, route: Route, limits: RequestLimits): Problem {
		if (problem.fault !== undefined) this.#options.onInvalidAnswer?.(route, problem.fault);
		if (problem === PROBLEMS.busy) this.#options.onRefused?.("function");
		return problemOf(problem, route.function, limits);
	}

	/** One exchange with the function, within the function's limit on concurrent requests. */
	async #exchange(route: Route, exchange: Exchange, isWaiting: boolean): Promise<"done" | Problem> {
		const release = this.#concurrency.acquire(route);
		if (release === undefined) return PROBLEMS.busy;
		try {
			let outcome = await this.#attempt(route, exchange, isWaiting);
			for (let unsent = 0; outcome === "superseded" || outcome === "unsent"; ) {
				// Nothing reached the function, not even the request line, so another instance can get the request, once.
				if (outcome === "unsent" && ++unsent > 1) return PROBLEMS.broken;
				outcome = await this.#attempt(route, exchange, false);
			}
			return outcome;
		} finally {
			release();
		}
	}

	async #attempt(route: Route, exchange: Exchange, isWaiting: boolean): Promise<Outcome> {
		let release = () => {};
		let isOver = false;
		const onAcquired = (releaseInstance: () => void) => {
			// If an instance were found after an exception, it would never be released.
			if (isOver) releaseInstance();
			else release = releaseInstance;
		};
		try {
			const found = this.#instances.lease(route.app, route.function, onAcquired);
			// Most functions run already. Each promise that is avoided saves some microseconds per request.
			const lease = found instanceof Promise ? await found : found;
			if ("status" in lease) return lease;
			exchange.tracked.instance = lease.instance;
			exchange.instance = lease.instance;
			exchange.onOver = release;
			if (isWaiting) exchange.response.writeContinue();
			const sinceMs = performance.now();
			const outcome = await forward(lease.pool, exchange);
			// All attempts share the time limit of one.
			if (outcome === "superseded") exchange.responseTimeoutMs -= performance.now() - sinceMs;
			// The time limit begins when the whole request is sent, so the time of a slow client is not counted.
			if (outcome === PROBLEMS.timeout) lease.instance.timedOut();
			return outcome;
		} finally {
			isOver = true;
			release();
		}
	}

	async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		const requestId = requestIdOf(request);
		const admission = this.#admissions.check(request);
		const tracked = this.#tracker.track(request, requestId, admission);
		const refuse = (problem: Problem) => {
			tracked.end(problem.status, problem.code);
			sendProblem(request, this.#responseOn(request), problem, requestId);
		};
		if (admission.route === undefined) return admission.problem && refuse(admission.problem);
		if (!isWebSocket(request)) return refuse(PROBLEMS.upgrade);
		const { limits, route } = admission;
		const onStatus = (status: number) => tracked.end(status);
		const onProblem = (problem: Problem) => {
			refuse(this.#reportProblem(problem, route, limits));
		};
		const release = this.#concurrency.acquire(route);
		if (release === undefined) return onProblem(PROBLEMS.busy);
		socket.once("close", this.#faults.callback(release));
		this.#tracker.endOnSocketClose(tracked, socket);
		const onInstance = (instance: ServingInstance) => {
			tracked.instance = instance;
			if (!socket.destroyed) this.#upgraded.add(socket);
		};
		socket.once(
			"close",
			this.#faults.callback(() => this.#upgraded.delete(socket)),
		);
		const headers = this.#admissions.headersFor(request, route, requestId);
		const { timeoutMs } = limits;
		const upgrade = { request, socket, head, target: route.target, headers, requestId, timeoutMs };
		await this.#upgrades.begin(upgrade, route, { onInstance, onStatus, onProblem });
	}
}

/** Creates a gateway that does not listen yet. */
export function createGateway(options: GatewayOptions): Gateway {
	return new NodeGateway(options);
}
