/** Reports how each request ended, once its response is complete: to the metrics and to the request log. */
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ServingInstance } from "../../runtime/runtime.ts";
import type { Admission } from "../admission.ts";
import type { AnsweredRequest, RequestedFunction } from "../answered-request.ts";
import type { ClientExchange } from "../http-server/client-exchange.ts";
import type { GatewayOptions } from "../options.ts";
import { PROBLEMS, type Problem } from "../problem.ts";
import { originForm, type Route } from "../routing.ts";
import { LoggingBudget } from "./logging-budget.ts";

/** The status of a request whose client closed the connection before a response was sent. nginx uses it too. */
const CLIENT_GONE_STATUS = 499;
const CLIENT_GONE = "CLIENT_GONE";
const CRASHED = "FUNCTION_CRASHED";
const FAILED_STATUS_MIN = 400;
/** The longest wait for the exit of the function's process after a connection broke. */
const CRASH_MS = 500;
/** The most characters of a path that are reported. */
export const PATH_CHARACTERS_MAX = 1_000;
/**
 * The number of segments after the app that are reported if a path matches no function: enough to recognise a mistyped
 * name.
 */
const UNKNOWN_SEGMENTS = 2;
const UNKNOWN_SEGMENT_MAX = 40;

/** One request, from its arrival to the end of its response. */
export class TrackedRequest {
	readonly #tracker: RequestTracker;
	readonly #request: Pick<ClientExchange, "method" | "protocol" | "target">;
	readonly #id: string;
	readonly #route: Route | undefined;
	readonly #app: string | undefined;
	readonly #startMs = performance.now();
	#isOver = false;
	/** The number of bytes of the response body so far. */
	bytes = 0;
	/** The instance that the request was sent to. */
	instance: ServingInstance | undefined;
	/** The problem that the client got instead of the function's response, or why the response ended early. */
	problem: Pick<Problem, "code"> | undefined;

	constructor(
		tracker: RequestTracker,
		request: Pick<ClientExchange, "method" | "protocol" | "target">,
		id: string,
		requested: Route | { app: string } | undefined,
	) {
		this.#tracker = tracker;
		this.#request = request;
		this.#id = id;
		this.#route = requested !== undefined && "prefix" in requested ? requested : undefined;
		this.#app = requested?.app;
	}

	/** Reports how the request ended, once. A request to no app of this platform is not reported. */
	end(status: number, reason: string | undefined = this.problem?.code): void {
		const app = this.#app;
		if (this.#isOver || app === undefined) return;
		this.#isOver = true;
		const nowMs = performance.now();
		const ms = nowMs - this.#startMs;
		this.#tracker.count(this.#route, status, ms);
		const { firstDeployment, function: name } = this.#route ?? {};
		const requested = { app, function: name, firstDeployment };
		const hasFailed = reason !== undefined || status >= FAILED_STATUS_MIN;
		if (!this.#tracker.isLogged(requested, hasFailed, nowMs)) return;
		const { method, protocol } = this.#request;
		const report = (ended: string | undefined) => {
			const path = this.#path();
			const { bytes } = this;
			const outcome = { method, path, protocol, status, ms, bytes, id: this.#id, reason: ended ?? null };
			this.#tracker.report(requested, outcome, this.instance);
		};
		const { instance } = this;
		if (reason !== PROBLEMS.broken.code || instance === undefined) report(reason);
		else this.#tracker.run(async () => report((await hasExited(instance)) ? CRASHED : reason));
	}

	#path(): string {
		const target = originForm(this.#request.target);
		const queryStart = target.indexOf("?");
		const path = queryStart === -1 ? target : target.slice(0, queryStart);
		const { instance } = this;
		const { prefix } = this.#route ?? {};
		if (prefix === undefined) return shortenUnknownPath(path, this.#app);
		// The instance redacts the path, because only it has the values of its secrets.
		if (path.length <= prefix.length + 1) return path;
		return instance?.redact(path, PATH_CHARACTERS_MAX) ?? `${prefix}/…`;
	}
}

/** Whether a process has exited, or does so within `CRASH_MS`. */
async function hasExited(instance: ServingInstance): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const timedOut = new Promise<false>((resolve) => {
		timer = setTimeout(resolve, CRASH_MS, false);
	});
	const exited = await Promise.race([instance.exited.then(() => true), timedOut]);
	clearTimeout(timer);
	return exited;
}

/**
 * The app, unless the host names it, and the segments after it. A segment that is too long for a name becomes `…`: it may
 * be a secret.
 */
function shortenUnknownPath(path: string, app: string | undefined): string {
	const segments = path.split("/").slice(1);
	const named = segments[0] === app ? segments.slice(0, 1) : [];
	const rest = segments.slice(named.length);
	const names = rest
		.slice(0, UNKNOWN_SEGMENTS)
		.map((name) => (name.length > UNKNOWN_SEGMENT_MAX ? "…" : name));
	const more = rest.length > UNKNOWN_SEGMENTS ? ["…"] : [];
	return `/${[...named, ...names, ...more].join("/")}`;
}

type TrackerOptions = Pick<GatewayOptions, "onAnswer" | "onRequest" | "onUnlogged">;

export class RequestTracker {
	readonly #options: TrackerOptions;
	readonly #faults: FaultBoundary;
	readonly #budget: LoggingBudget;

	constructor(options: TrackerOptions, faults: FaultBoundary) {
		this.#options = options;
		this.#faults = faults;
		const { onUnlogged = () => {} } = options;
		this.#budget = new LoggingBudget(faults.callback(onUnlogged));
	}

	/** Whether a request is reported by `report`, or only counted. @param nowMs of `performance.now` */
	isLogged(requested: RequestedFunction, hasFailed: boolean, nowMs: number): boolean {
		return this.#options.onRequest !== undefined && this.#budget.take(requested, hasFailed, nowMs);
	}

	/** Reports the requests that were not logged until now. */
	close(): void {
		this.#budget.flush();
	}

	/** Begins to track a request. It is reported when its exchange is over, or before by a call of `end`. */
	track(exchange: ClientExchange, id: string, admission: Admission): TrackedRequest {
		const tracked = new TrackedRequest(this, exchange, id, admission.route ?? admission.requested);
		exchange.onOver = (isComplete) => {
			const reason = tracked.problem?.code ?? (isComplete ? undefined : CLIENT_GONE);
			tracked.end(exchange.isBegun ? exchange.status : CLIENT_GONE_STATUS, reason);
		};
		return tracked;
	}

	/** Counts a response of a function, or a problem that the client got instead. */
	count(route: Route | undefined, status: number, ms: number): void {
		if (route !== undefined) this.#options.onAnswer?.(route, { status, ms });
	}

	report(
		requested: RequestedFunction,
		request: AnsweredRequest,
		instance: ServingInstance | undefined,
	): void {
		this.#options.onRequest?.(requested, request, instance);
	}

	run(work: () => Promise<void>): void {
		this.#faults.run(work);
	}
}
