/** Collects finished requests, and sends many of them as one report. */
import type { GatewayOptions } from "../../gateway/options.ts";
import type { Report, ReportedAnswer, ReportedFault, ReportedRequest } from "../report.ts";
import { LiveInstance } from "./live-instance.ts";

/** The time that a finished request waits for others. */
const COLLECT_MS = 50;
/** The most requests of one report that reach the request log. All of them are counted. */
const REQUESTS_MAX = 5_000;

export class Reports implements Pick<GatewayOptions, "onAnswer" | "onInvalidAnswer" | "onRequest"> {
	readonly #send: (report: Report) => void;
	#answers: ReportedAnswer[] = [];
	#requests: ReportedRequest[] = [];
	#faults: ReportedFault[] = [];
	#dropped = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(send: (report: Report) => void) {
		this.#send = send;
	}

	readonly onAnswer: GatewayOptions["onAnswer"] & object = (route, { ms, status }) => {
		this.#answers.push([route.app, route.function, route.firstDeployment, status, ms]);
		this.#schedule();
	};

	readonly onRequest: GatewayOptions["onRequest"] & object = (requested, request, instance) => {
		this.#schedule();
		if (this.#requests.length >= REQUESTS_MAX) {
			this.#dropped++;
			return;
		}
		const { bytes, id, method, ms, path, reason, status } = request;
		this.#requests.push({
			app: requested.app,
			function: requested.function,
			firstDeployment: requested.firstDeployment,
			instance: instance instanceof LiveInstance ? instance.id : undefined,
			...{ method, path, status, ms, bytes, id, reason },
			atMs: Date.now(),
		});
	};

	readonly onInvalidAnswer: GatewayOptions["onInvalidAnswer"] & object = (route, fault) => {
		this.#faults.push([route.app, route.function, fault]);
		this.#schedule();
	};

	/** Sends what has been collected. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const [answers, requests, faults, dropped] = [this.#answers, this.#requests, this.#faults, this.#dropped];
		if (answers.length + requests.length + faults.length === 0) return;
		[this.#answers, this.#requests, this.#faults, this.#dropped] = [[], [], [], 0];
		this.#send({ answers, requests, faults, dropped });
	}

	#schedule(): void {
		this.#timer ??= setTimeout(() => this.flush(), COLLECT_MS);
	}
}
