/** Collects finished requests, and sends many of them as one report. */
import type { AnsweredRequest, RequestedFunction } from "../../gateway/answered-request.ts";
import type { GatewayOptions } from "../../gateway/options.ts";
import { ByFunction } from "../../gateway/tracking/by-function.ts";
import type { Report, ReportedFault, ReportedRequest, ReportedTarget } from "../report.ts";
import { rowOf } from "../request-rows.ts";
import { LiveInstance } from "./live-instance.ts";
import { Times } from "./times.ts";

/**
 * The time that a finished request waits for others. Each report wakes two more processes, so a shorter time costs the
 * platform as much as the requests themselves.
 */
export const COLLECT_MS = 250;

/** What is collected of one function. */
interface CollectedFunction {
	readonly requested: RequestedFunction;
	/** The index of the target with each instance, and without one. */
	readonly targets: Map<string | null, number>;
	/** By status. */
	readonly answers: Map<number, Times>;
}

/** A report that is not sent yet. */
class Collected {
	readonly #targets: ReportedTarget[] = [];
	/** The present lifetime of each function. */
	readonly #present = new ByFunction<CollectedFunction>();
	readonly #functions: CollectedFunction[] = [];
	readonly #requests: ReportedRequest[] = [];
	readonly #sinceMs = Date.now();
	#rows = "";
	readonly #faults: ReportedFault[] = [];
	readonly #unlogged: [target: number, count: number][] = [];

	answered(requested: RequestedFunction, status: number, ms: number): void {
		const { answers } = this.#of(requested);
		let times = answers.get(status);
		if (times === undefined) {
			times = new Times();
			answers.set(status, times);
		}
		times.add(ms);
	}

	request(requested: RequestedFunction, request: AnsweredRequest, instance: string | null): void {
		const target = this.#target(this.#of(requested), instance);
		const nowMs = Date.now();
		const row = rowOf(target, request, nowMs - this.#sinceMs);
		if (row !== undefined) {
			this.#rows += row;
			return;
		}
		const { bytes, id, method, ms, path, protocol, reason, status } = request;
		this.#requests.push([target, method, path, status, rounded(ms), bytes, id, reason, nowMs, protocol]);
	}

	unlogged(requested: RequestedFunction, count: number): void {
		this.#unlogged.push([this.#target(this.#of(requested), null), count]);
	}

	fault(fault: ReportedFault): void {
		this.#faults.push(fault);
	}

	get report(): Report {
		const answers = this.#functions.flatMap((of) =>
			[...of.answers].map(([status, times]) => [this.#target(of, null), status, times.list()] as const),
		);
		return {
			targets: this.#targets,
			answers,
			requests: this.#requests,
			rows: { sinceMs: this.#sinceMs, text: this.#rows },
			faults: this.#faults,
			unlogged: this.#unlogged,
		};
	}

	#of(requested: RequestedFunction): CollectedFunction {
		const { app, firstDeployment, function: name } = requested;
		const known = this.#present.get(app, name);
		if (known !== undefined && known.requested.firstDeployment === firstDeployment) return known;
		const added = { requested, targets: new Map(), answers: new Map() };
		this.#present.set(app, name, added);
		this.#functions.push(added);
		return added;
	}

	/** The index of a target in the report. */
	#target({ requested, targets }: CollectedFunction, instance: string | null): number {
		const known = targets.get(instance);
		if (known !== undefined) return known;
		const { app, firstDeployment = null, function: name = null } = requested;
		const index = this.#targets.push([app, name, firstDeployment, instance]) - 1;
		targets.set(instance, index);
		return index;
	}
}

export class Reports
	implements Pick<GatewayOptions, "onAnswer" | "onInvalidAnswer" | "onRequest" | "onUnlogged">
{
	readonly #send: (report: Report) => void;
	#collected: Collected | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(send: (report: Report) => void) {
		this.#send = send;
	}

	readonly onAnswer: GatewayOptions["onAnswer"] & object = (route, { ms, status }) =>
		this.#open().answered(route, status, ms);

	readonly onRequest: GatewayOptions["onRequest"] & object = (requested, request, instance) =>
		this.#open().request(requested, request, instance instanceof LiveInstance ? instance.id : null);

	readonly onUnlogged: GatewayOptions["onUnlogged"] & object = (requested, count) =>
		this.#open().unlogged(requested, count);

	readonly onInvalidAnswer: GatewayOptions["onInvalidAnswer"] & object = (route, fault) =>
		this.#open().fault([route.app, route.function, fault]);

	/** Sends what has been collected. */
	flush(): void {
		clearTimeout(this.#timer);
		const collected = this.#collected;
		this.#collected = undefined;
		if (collected !== undefined) this.#send(collected.report);
	}

	#open(): Collected {
		if (this.#collected !== undefined) return this.#collected;
		this.#timer = setTimeout(() => this.flush(), COLLECT_MS);
		this.#collected = new Collected();
		return this.#collected;
	}
}

/** Microseconds are enough, and shorter to write. */
function rounded(ms: number): number {
	return Math.round(ms * 1_000) / 1_000;
}
