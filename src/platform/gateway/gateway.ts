/**
 * The gateway: the HTTP listener for functions. For each request it finds the function, counts the request as in
 * flight at the instance that serves the function now, and streams both ways.
 */
import { FaultBoundary } from "../faults/error-boundary.ts";
import { budgetOf, descriptorLimit } from "../http/descriptors.ts";
import type { ServingInstance } from "../runtime/runtime.ts";
import { type Admission, Admissions } from "./admission.ts";
import { ConcurrencyLimiter } from "./concurrency-limiter.ts";
import type { ClientExchange } from "./http-server/client-exchange.ts";
import { requestIdOf } from "./http-server/request-id.ts";
import { Instances } from "./instances.ts";
import { Listener } from "./listener/listener.ts";
import type { GatewayOptions } from "./options.ts";
import { notRunning, PROBLEMS, type Problem, problemOf, type RequestLimits, sendProblem } from "./problem.ts";
import type { Route } from "./routing.ts";
import { ServedRequest } from "./served-request.ts";
import { RequestTracker, type TrackedRequest } from "./tracking/request-tracker.ts";
import { UpgradeAttempts } from "./upgrades/upgrade-attempts.ts";

export interface Gateway {
	/** @param port 0 for any free port */
	listen(port: number, host: string): Promise<{ host: string; port: number }>;
	/** Accepts no new connections, lets requests finish during the grace period, then closes their connections. */
	close(options?: { graceMs?: number }): Promise<void>;
}

/** An admitted request. */
interface Admitted {
	readonly client: ClientExchange;
	readonly route: Route;
	readonly limits: RequestLimits;
	readonly requestId: string;
	readonly tracked: TrackedRequest;
}

class HttpGateway implements Gateway {
	readonly #options: GatewayOptions;
	readonly #listener: Listener;
	readonly #faults: FaultBoundary;
	readonly #admissions: Admissions;
	readonly #tracker: RequestTracker;
	readonly #instances: Instances;
	readonly #concurrency: ConcurrencyLimiter;
	readonly #upgrades: UpgradeAttempts;

	constructor(options: GatewayOptions) {
		const { faults = new FaultBoundary("gateway"), limits = budgetOf(descriptorLimit(), 0) } = options;
		this.#options = options;
		this.#faults = faults;
		this.#admissions = new Admissions(options);
		this.#tracker = new RequestTracker(options, faults);
		this.#instances = new Instances((app, name) => options.instance(app, name), faults, limits.functions);
		this.#upgrades = new UpgradeAttempts(this.#instances, faults);
		this.#concurrency = new ConcurrencyLimiter(limits.functions.perFunctionMax);
		this.#listener = new Listener({
			timeouts: options,
			tls: options.tls,
			faults,
			limits: limits.gateway,
			onExchange: (client) => this.#begin(client),
			onRefused: (reason) => options.onRefused?.(reason),
		});
	}

	async listen(port: number, host: string): Promise<{ host: string; port: number }> {
		return await this.#listener.listen(port, host);
	}

	async close({ graceMs = 30_000 } = {}): Promise<void> {
		await this.#listener.close(graceMs);
		this.#tracker.close();
		this.#instances.close();
	}

	/** Responds to a request; with 500 if the gateway itself fails. */
	#begin(client: ClientExchange): void {
		this.#faults.run(
			() => this.#handle(client),
			() => this.#fail(client, requestIdOf(client)),
		);
	}

	#handle(client: ClientExchange): void {
		const requestId = requestIdOf(client);
		const isUpgrade = client.upgrade !== undefined;
		if (isUpgrade) client.closeAfterwards();
		if (isUpgrade && client.isPipelined) {
			sendProblem(client, PROBLEMS.upgradeBehind, requestId);
			return;
		}
		const admission = this.#admissions.check(client);
		const tracked = this.#tracker.track(client, requestId, admission);
		const problem = this.#refusal(client, admission);
		if (admission.route === undefined || problem !== undefined) {
			tracked.problem = problem;
			sendProblem(client, problem ?? PROBLEMS.internal, requestId);
			return;
		}
		const { limits, route } = admission;
		const release = this.#concurrency.acquire(route);
		const admitted = { client, route, limits, requestId, tracked };
		if (release === undefined) {
			this.#refuse(admitted, PROBLEMS.busy);
			return;
		}
		try {
			if (isUpgrade) this.#upgrade(admitted, release);
			else this.#serve(admitted, release);
		} catch (error) {
			release();
			throw error;
		}
	}

	#refusal({ hasBody, method, upgrade }: ClientExchange, admission: Admission): Problem | undefined {
		if (admission.route === undefined) return admission.problem;
		if (upgrade === undefined) return undefined;
		// With a body, the end of the body would be ambiguous.
		const isWebSocket = method === "GET" && upgrade.toLowerCase() === "websocket" && !hasBody;
		return isWebSocket ? undefined : PROBLEMS.upgrade;
	}

	/** Responds with a problem, and reports it to the function's log and the metrics. */
	#refuse({ client, limits, requestId, route, tracked }: Admitted, problem: Problem): void {
		tracked.problem = problem;
		if (problem.fault !== undefined) this.#options.onInvalidAnswer?.(route, problem.fault);
		if (problem === PROBLEMS.busy) this.#options.onRefused?.("function");
		const isDown = problem === PROBLEMS.notRunning || problem === PROBLEMS.notStarted;
		const why = isDown ? this.#options.failure?.(route.function) : undefined;
		const named =
			why === undefined ? problemOf(problem, route.function, limits) : notRunning(route.function, why);
		sendProblem(client, named, requestId);
	}

	/** One exchange with the function. @param release counts the request out at its function */
	#serve(admitted: Admitted, release: () => void): void {
		const { client, limits, requestId, route, tracked } = admitted;
		const onEnd = (outcome: "done" | Problem) => {
			release();
			if (outcome === "done") return;
			const giveUp = () => this.#fail(client, requestId);
			this.#faults.run(() => this.#refuse(admitted, outcome), giveUp);
		};
		new ServedRequest({
			client,
			route,
			limits,
			requestId,
			tracked,
			headers: this.#admissions.headersFor(client, route, requestId),
			instances: this.#instances,
			faults: this.#faults,
			onEnd,
		}).begin();
	}

	/** Responds that the gateway itself failed. */
	#fail(client: ClientExchange, requestId: string): void {
		this.#faults.run(
			() => sendProblem(client, PROBLEMS.internal, requestId),
			() => client.cancel(),
		);
	}

	/** Forwards a WebSocket. @param release counts it out at its function, when the connection closes */
	#upgrade(admitted: Admitted, release: () => void): void {
		const { client, limits, requestId, route, tracked } = admitted;
		const ends = [this.#faults.callback(release)];
		const { onOver } = client;
		client.onOver = (isComplete) => {
			for (const end of ends) end();
			onOver?.(isComplete);
		};
		const onInstance = (instance: ServingInstance) => {
			tracked.instance = instance;
		};
		const events = {
			onInstance,
			onStatus: (status: number) => tracked.end(status),
			onProblem: (problem: Problem) => this.#refuse(admitted, problem),
		};
		const upgrade = {
			client,
			target: route.target,
			headers: this.#admissions.headersFor(client, route, requestId),
			requestId,
			timeoutMs: limits.timeoutMs,
			onEnd: (end: () => void) => void ends.push(end),
		};
		this.#faults.run(
			() => this.#upgrades.begin(upgrade, route, events),
			() => client.cancel(),
		);
	}
}

/** Creates a gateway that does not listen yet. @throws AppError as `readPair`, if it has certificates */
export function createGateway(options: GatewayOptions): Gateway {
	return new HttpGateway(options);
}
