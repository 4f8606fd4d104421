/** One request to a function: finds an instance, and sends the request to it, or to the next one. */
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { forward, type Outcome } from "./forward.ts";
import type { ClientExchange } from "./http-server/client-exchange.ts";
import type { Instances, Lease } from "./instances.ts";
import { PROBLEMS, type Problem, type RequestLimits } from "./problem.ts";
import type { Route } from "./routing.ts";
import type { TrackedRequest } from "./tracking/request-tracker.ts";

export interface ServedRequestOptions {
	readonly client: ClientExchange;
	readonly route: Route;
	/** A flat list: the headers that the function gets. */
	readonly headers: readonly string[];
	readonly requestId: string;
	readonly limits: RequestLimits;
	readonly tracked: TrackedRequest;
	readonly instances: Instances;
	readonly faults: FaultBoundary;
	/** Called once. @param outcome the problem for the client; `done` if it needs no response any more */
	readonly onEnd: (outcome: "done" | Problem) => void;
}

const nothing = () => undefined;

/** Works without promises if the instance is known at once: each promise costs some microseconds per request. */
export class ServedRequest {
	readonly #options: ServedRequestOptions;
	/** Counts the request out at the instance of this attempt. */
	#release: () => void = nothing;
	/** The attempts to which instances still belong. */
	#attempt = 0;
	#unsentCount = 0;
	/** The time until the response begins, for all attempts together. */
	#leftMs: number;
	#sinceMs = 0;
	#isOver = false;

	constructor(options: ServedRequestOptions) {
		this.#options = options;
		this.#leftMs = options.limits.timeoutMs;
	}

	begin(): void {
		const { faults, instances, route } = this.#options;
		const attempt = ++this.#attempt;
		const onAcquired = (release: () => void) => {
			// If an instance were found after an exception, it would never be released.
			if (this.#isOver || attempt !== this.#attempt) release();
			else this.#release = release;
		};
		const stop = () => this.#end(PROBLEMS.internal);
		faults.run(() => {
			const found = instances.lease(route.app, route.function, onAcquired);
			return found instanceof Promise ? found.then((lease) => this.#send(lease)) : this.#send(found);
		}, stop);
	}

	#send(lease: Lease | Problem): void {
		if ("status" in lease) {
			this.#end(lease);
			return;
		}
		const { client, faults, headers, limits, requestId, route, tracked } = this.#options;
		const { instance, pool } = lease;
		tracked.instance = instance;
		if (client.isWaiting && this.#attempt === 1) client.sendContinue();
		this.#sinceMs = performance.now();
		forward(pool, {
			client,
			target: route.target,
			headers,
			requestId,
			maxBodyBytes: limits.bodyBytes,
			responseTimeoutMs: this.#leftMs,
			instance,
			tracked,
			faults,
			onOutcome: (outcome) => {
				// The time limit begins when the whole request is sent, so the time of a slow client is not counted.
				if (outcome === PROBLEMS.timeout) faults.run(() => instance.timedOut());
				this.#attempted(outcome);
			},
		});
	}

	#attempted(outcome: Outcome): void {
		if (outcome !== "superseded" && outcome !== "unsent") {
			this.#end(outcome);
			return;
		}
		this.#releaseInstance();
		// Nothing reached the function, not even the request line, so another instance can get the request, once.
		if (outcome === "unsent" && ++this.#unsentCount > 1) {
			this.#end(PROBLEMS.broken);
			return;
		}
		if (outcome === "superseded") this.#leftMs -= performance.now() - this.#sinceMs;
		// Not at once: what ended the attempt has to finish first.
		const begin = () => this.begin();
		queueMicrotask(this.#options.faults.callback(begin, () => this.#end(PROBLEMS.internal)));
	}

	#releaseInstance(): void {
		this.#release();
		this.#release = nothing;
	}

	#end(outcome: "done" | Problem): void {
		if (this.#isOver) return;
		this.#isOver = true;
		const { faults, onEnd } = this.#options;
		// Each is tried twice: otherwise the request would be counted for ever, or the client would wait.
		const release = () => this.#releaseInstance();
		faults.run(release, release);
		const end = () => onEnd(outcome);
		faults.run(end, end);
	}
}
