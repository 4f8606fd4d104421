/** Collects finished requests, and sends many of them as one report. */
import type { GatewayOptions } from "../../gateway/options.ts";
import type { Report, ReportedFault, ReportedRequest, ReportedTarget } from "../report.ts";
import { LiveInstance } from "./live-instance.ts";

/** The time that a finished request waits for others. */
const COLLECT_MS = 50;
/** The most requests of one report that reach the request log. All of them are counted. */
const REQUESTS_MAX = 5_000;

/** A report that is not sent yet. */
class Collected {
	readonly #targets: ReportedTarget[] = [];
	readonly #indexes = new Map<string, number>();
	/** The responses of each target and status. */
	readonly #answers = new Map<number, [target: number, status: number, ms: number[]]>();
	readonly requests: ReportedRequest[] = [];
	readonly faults: ReportedFault[] = [];
	dropped = 0;

	/** The index of a target in the report. */
	target(...target: ReportedTarget): number {
		const key = target.join("\n");
		const known = this.#indexes.get(key);
		if (known !== undefined) return known;
		this.#indexes.set(key, this.#targets.length);
		return this.#targets.push(target) - 1;
	}

	answered(target: number, status: number, ms: number): void {
		const key = target * 1_000 + status;
		const known = this.#answers.get(key);
		if (known === undefined) this.#answers.set(key, [target, status, [ms]]);
		else known[2].push(ms);
	}

	get report(): Report {
		const { dropped, faults, requests } = this;
		return { targets: this.#targets, answers: [...this.#answers.values()], requests, faults, dropped };
	}
}

export class Reports implements Pick<GatewayOptions, "onAnswer" | "onInvalidAnswer" | "onRequest"> {
	readonly #send: (report: Report) => void;
	#collected: Collected | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(send: (report: Report) => void) {
		this.#send = send;
	}

	readonly onAnswer: GatewayOptions["onAnswer"] & object = (route, { ms, status }) => {
		const collected = this.#open();
		const target = collected.target(route.app, route.function, route.firstDeployment ?? null, null);
		collected.answered(target, status, rounded(ms));
	};

	readonly onRequest: GatewayOptions["onRequest"] & object = (requested, request, instance) => {
		const collected = this.#open();
		if (collected.requests.length >= REQUESTS_MAX) {
			collected.dropped++;
			return;
		}
		const { bytes, id, method, ms, path, reason, status } = request;
		const { app, firstDeployment = null, function: name = null } = requested;
		const target = collected.target(
			app,
			name,
			firstDeployment,
			instance instanceof LiveInstance ? instance.id : null,
		);
		collected.requests.push([target, method, path, status, rounded(ms), bytes, id, reason, Date.now()]);
	};

	readonly onInvalidAnswer: GatewayOptions["onInvalidAnswer"] & object = (route, fault) => {
		this.#open().faults.push([route.app, route.function, fault]);
	};

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
