/** Collects finished requests, and sends many of them as one report. */
import type { GatewayOptions } from "../../gateway/options.ts";
import type { Report, ReportedFault, ReportedRequest, ReportedTarget } from "../report.ts";
import { LiveInstance } from "./live-instance.ts";

/** The time that a finished request waits for others. */
const COLLECT_MS = 50;
/** The digits of the milliseconds that are counted. Responses that took almost the same time are counted together. */
const DIGITS = 3;

/** A report that is not sent yet. */
class Collected {
	readonly #targets: ReportedTarget[] = [];
	readonly #indexes = new Map<string, number>();
	/** The responses of each target and status. */
	readonly #answers = new Map<number, [target: number, status: number, durations: Map<number, number>]>();
	readonly requests: ReportedRequest[] = [];
	readonly faults: ReportedFault[] = [];
	readonly unlogged: [target: number, count: number][] = [];

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
		const [, , durations] = this.#answers.get(key) ?? this.#addAnswers(key, target, status);
		durations.set(ms, (durations.get(ms) ?? 0) + 1);
	}

	#addAnswers(key: number, target: number, status: number): [number, number, Map<number, number>] {
		const added: [number, number, Map<number, number>] = [target, status, new Map()];
		this.#answers.set(key, added);
		return added;
	}

	get report(): Report {
		const { faults, requests, unlogged } = this;
		const answers = [...this.#answers.values()].map(
			([target, status, durations]) => [target, status, [...durations]] as const,
		);
		return { targets: this.#targets, answers, requests, faults, unlogged };
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

	readonly onAnswer: GatewayOptions["onAnswer"] & object = (route, { ms, status }) => {
		const collected = this.#open();
		const target = collected.target(route.app, route.function, route.firstDeployment ?? null, null);
		collected.answered(target, status, roundedUp(ms));
	};

	readonly onRequest: GatewayOptions["onRequest"] & object = (requested, request, instance) => {
		const collected = this.#open();
		const { bytes, id, method, ms, path, protocol, reason, status } = request;
		const { app, firstDeployment = null, function: name = null } = requested;
		const target = collected.target(
			app,
			name,
			firstDeployment,
			instance instanceof LiveInstance ? instance.id : null,
		);
		const outcome = [status, rounded(ms), bytes, id, reason] as const;
		collected.requests.push([target, method, path, ...outcome, Date.now(), protocol]);
	};

	readonly onUnlogged: GatewayOptions["onUnlogged"] & object = (requested, count) => {
		const collected = this.#open();
		const { app, firstDeployment = null, function: name = null } = requested;
		collected.unlogged.push([collected.target(app, name, firstDeployment, null), count]);
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

/** Rounds up, so that a time above a limit of the metrics' buckets stays above it. The limits have fewer digits. */
function roundedUp(ms: number): number {
	const scale = 10 ** (DIGITS - 1 - Math.floor(Math.log10(Math.max(ms, 0.001))));
	return Math.ceil(ms * scale) / scale;
}
