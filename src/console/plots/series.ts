/** Figures of a function as series of a plot, and in words. Pure. */
import type { Figures } from "../../protocol/console.ts";
import { bytesText, countText, latencyText, numberText } from "../text/instants.ts";

type Entry = Figures["functions"][number];
type Point = Entry["points"][number];
export type Values = readonly (number | null)[];

/** The last 24 hours of one function, one value for each step. */
export interface Series {
	/** Seconds since 1970, as plots want them. */
	readonly times: readonly number[];
	readonly requestsPerSecond: Values;
	readonly errorsPerSecond: Values;
	readonly p50Ms: Values;
	readonly p99Ms: Values;
	/** The greatest one of all nodes. */
	readonly memoryBytes: Values;
	/** With several nodes, the memory on each; otherwise that of the only one, without a name. */
	readonly memory: readonly { readonly node: string; readonly values: Values }[];
	readonly requests: number;
	readonly errors: number;
}

/** A partial step shorter than this says too little about a rate. */
const PARTIAL_MIN_MS = 5_000;

type Span = Pick<Figures, "sinceMs" | "untilMs" | "stepMs">;

/** The beginnings of the steps. Those of the points are multiples of the step away from each other. */
function stepsOf({ sinceMs, untilMs, stepMs }: Span, points: readonly Point[]): number[] {
	const offset = (points[0]?.atMs ?? sinceMs) % stepMs;
	const first = Math.ceil((sinceMs - offset) / stepMs) * stepMs + offset;
	const steps: number[] = [];
	for (let at = first; at < untilMs && steps.length < 5_000; at += stepMs) steps.push(at);
	return steps;
}

/** @param memory of each node; undefined with a platform that has one, and in lists */
export function seriesOf(span: Span, points: readonly Point[], memory: Entry["memory"] = []): Series {
	const steps = stepsOf(span, points);
	const byTime = new Map(points.map((point) => [point.atMs, point]));
	const lasted = (atMs: number) => Math.min(span.stepMs, span.untilMs - atMs);
	const rates = (count: (point: Point) => number): Values =>
		steps.map((atMs) => {
			const point = byTime.get(atMs);
			if (point === undefined) return 0;
			return lasted(atMs) < Math.min(PARTIAL_MIN_MS, span.stepMs)
				? null
				: (count(point) * 1_000) / lasted(atMs);
		});
	const plain = (value: (point: Point) => number | null): Values =>
		steps.map((atMs) => {
			const point = byTime.get(atMs);
			return point === undefined ? null : value(point);
		});
	const memoryBytes = plain((point) => point.memoryBytes);
	const byNode = memory.map(({ node, points: ofNode }) => {
		const bytes = new Map(ofNode.map((point) => [point.atMs, point.bytes]));
		return { node, values: steps.map((atMs) => bytes.get(atMs) ?? null) };
	});
	return {
		times: steps.map((atMs) => atMs / 1_000),
		requestsPerSecond: rates(({ requests }) => requests),
		errorsPerSecond: rates(({ errors }) => errors),
		p50Ms: plain(({ p50Ms }) => p50Ms),
		p99Ms: plain(({ p99Ms }) => p99Ms),
		memoryBytes,
		memory: byNode.length > 0 ? byNode : [{ node: "", values: memoryBytes }],
		requests: points.reduce((sum, { requests }) => sum + requests, 0),
		errors: points.reduce((sum, { errors }) => sum + errors, 0),
	};
}

/** The newest value; undefined if there is none. */
export const lastOf = (values: Values): number | undefined =>
	values.findLast((value) => value !== null) ?? undefined;

/** The greatest value and where it is; undefined if there is none. */
export function peakOf(values: Values): { index: number; value: number } | undefined {
	let peak: { index: number; value: number } | undefined;
	for (const [index, value] of values.entries()) {
		if (value !== null && (peak === undefined || value > peak.value)) peak = { index, value };
	}
	return peak;
}

type ClockText = (seconds: number) => string;

const peakText = (
	series: Series,
	values: Values,
	format: (value: number) => string,
	clock: ClockText,
): string => {
	const peak = peakOf(values);
	return peak === undefined
		? ""
		: `, at most ${format(peak.value)} at ${clock(series.times[peak.index] ?? 0)}`;
};

/** What the plot of requests shows. */
export function requestsSummary(series: Series, clock: ClockText): string {
	if (series.requests === 0) return "No requests in the last 24 hours.";
	const rate = (value: number) => `${numberText(value)} a second`;
	const peak = peakText(series, series.requestsPerSecond, rate, clock);
	const errors = series.errors === 0 ? "no errors" : countText(series.errors, "error");
	return `${countText(series.requests, "request")} in the last 24 hours${peak}; ${errors}.`;
}

/** What the plot of response times shows. */
export function latencySummary(series: Series, clock: ClockText): string {
	const [p50, p99] = [lastOf(series.p50Ms), lastOf(series.p99Ms)];
	if (p50 === undefined || p99 === undefined) return "No responses in the last 24 hours.";
	const peak = peakText(series, series.p99Ms, latencyText, clock);
	return `Most recently p50 was ${latencyText(p50)} and p99 ${latencyText(p99)}${peak}.`;
}

/** What the plot of memory shows. */
export function memorySummary(series: Series, clock: ClockText): string {
	const last = lastOf(series.memoryBytes);
	if (last === undefined) return "No process in the last 24 hours.";
	const where = series.memory.length > 1 ? " on the node with the most" : "";
	return `Most recently ${bytesText(last)}${where}${peakText(series, series.memoryBytes, bytesText, clock)}.`;
}
