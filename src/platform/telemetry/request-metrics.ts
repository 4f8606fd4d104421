/** The metrics of requests to functions: how many, by the class of their status, and how long they took. */
import { Counter, type Histogram, type Registry } from "prom-client";

const LABELS = ["app", "function"] as const;
/** In milliseconds: from the time that a warm function takes to the longest time that the gateway waits. */
const LIMITS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 150_000];
const MS_PER_S = 1_000;
const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/** An app's name and a function's. */
export interface FunctionLabels {
	readonly app: string;
	readonly function: string;
}

/** Times of requests with the same status: the milliseconds, and how many requests took as long. */
export type AnswerTimes = readonly (readonly [ms: number, count: number])[];

/** What is counted of one function. */
interface Counts {
	readonly labels: FunctionLabels;
	/** By class of status. */
	readonly requests: Map<string, Counter.Internal>;
	/** The requests that took no longer than each limit, and longer than the one before. */
	readonly within: number[];
	totalMs: number;
	count: number;
}

/** A sample, as `prom-client` writes it. */
interface Sample {
	readonly metricName: string;
	readonly labels: Readonly<Record<string, string | number>>;
	readonly value: number;
}

/**
 * The histogram of times. That of `prom-client` takes one request at a time, which costs as much for each of a thousand
 * requests that took the same time.
 */
class RequestTimes {
	readonly name = "coffer_request_duration_seconds";
	readonly #functions: () => Iterable<Counts>;

	constructor(functions: () => Iterable<Counts>) {
		this.#functions = functions;
	}

	/** Called by the registry. */
	get() {
		const help = "Time from a request to the end of its answer.";
		const values = [...this.#functions()].flatMap((counts) => this.#samplesOf(counts));
		return { name: this.name, help, type: "histogram", aggregator: "sum", values };
	}

	#samplesOf({ count, labels, totalMs, within }: Counts): Sample[] {
		const { app, function: name } = labels;
		const own = { app, function: name };
		let sum = 0;
		const buckets = LIMITS_MS.map((limit, index) => {
			sum += within[index] ?? 0;
			return { metricName: `${this.name}_bucket`, labels: { le: limit / MS_PER_S, ...own }, value: sum };
		});
		return [
			...buckets,
			{ metricName: `${this.name}_bucket`, labels: { le: "+Inf", ...own }, value: count },
			{ metricName: `${this.name}_sum`, labels: own, value: totalMs / MS_PER_S },
			{ metricName: `${this.name}_count`, labels: own, value: count },
		];
	}
}

export class RequestMetrics {
	readonly #counts = new Map<string, Counts>();
	readonly #requests: Counter<"app" | "function" | "status">;

	constructor(registry: Registry) {
		this.#requests = new Counter({
			name: "coffer_requests_total",
			help: "Requests to functions, by the class of the answer's status. 1xx are upgraded connections.",
			labelNames: [...LABELS, "status"] as const,
			registers: [registry],
		});
		const times = new RequestTimes(() => this.#counts.values());
		// The registry uses nothing else of a metric than these two properties.
		registry.registerMetric(times as unknown as Histogram);
	}

	/** Counts requests with the same status that a function, or the gateway instead of it, has answered. */
	answered(labels: FunctionLabels, status: number, times: AnswerTimes): void {
		const counts = this.#countsOf(labels);
		let requests = 0;
		for (const [ms, count] of times) {
			const index = LIMITS_MS.findIndex((limit) => ms <= limit);
			if (index !== -1) counts.within[index] = (counts.within[index] ?? 0) + count;
			counts.totalMs += ms * count;
			requests += count;
		}
		counts.count += requests;
		this.#counterOf(counts, `${Math.floor(status / 100)}xx`).inc(requests);
	}

	/** Removes what was counted of a deleted function. */
	forget({ app, function: name }: FunctionLabels): void {
		this.#counts.delete(`${app}/${name}`);
		for (const status of STATUS_CLASSES) this.#requests.remove({ app, function: name, status });
	}

	#counterOf({ labels, requests }: Counts, status: string): Counter.Internal {
		const known = requests.get(status);
		if (known !== undefined) return known;
		const counter = this.#requests.labels({ app: labels.app, function: labels.function, status });
		requests.set(status, counter);
		return counter;
	}

	#countsOf({ app, function: name }: FunctionLabels): Counts {
		const key = `${app}/${name}`;
		const known = this.#counts.get(key);
		if (known !== undefined) return known;
		const labels = { app, function: name };
		const counts = { labels, requests: new Map(), within: LIMITS_MS.map(() => 0), totalMs: 0, count: 0 };
		this.#counts.set(key, counts);
		return counts;
	}
}
