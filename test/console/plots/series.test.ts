import { describe, expect, test } from "vitest";
import {
	lastOf,
	latencySummary,
	memorySummary,
	peakOf,
	requestsSummary,
	seriesOf,
} from "../../../src/console/plots/series.ts";
import { sparkPath } from "../../../src/console/plots/spark.ts";
import { bytesText, distanceText, latencyText, numberText } from "../../../src/console/text/instants.ts";

const STEP = 60_000;
const SPAN = { sinceMs: 0, untilMs: 5 * STEP, stepMs: STEP };
const point = (step: number, requests: number, more: object = {}) => ({
	...{ atMs: step * STEP, requests, errors: 0, p50Ms: null, p99Ms: null, memoryBytes: null },
	...more,
});
const clock = (seconds: number) => `minute ${seconds / 60}`;

describe("the series of a function", () => {
	test("has a value for each step: no requests are zero, no process is a gap", () => {
		const series = seriesOf(SPAN, [point(1, 60), point(3, 120, { memoryBytes: 5, errors: 6 })]);
		expect(series.times).toEqual([0, 60, 120, 180, 240]);
		expect(series.requestsPerSecond).toEqual([0, 1, 0, 2, 0]);
		expect(series.errorsPerSecond).toEqual([0, 0, 0, 0.1, 0]);
		expect(series.memoryBytes).toEqual([null, null, null, 5, null]);
		expect([series.requests, series.errors]).toEqual([180, 6]);
	});

	test("divides by the time that the last step has lasted, and leaves out one that has just begun", () => {
		expect(seriesOf({ ...SPAN, untilMs: 1.5 * STEP }, [point(1, 60)]).requestsPerSecond).toEqual([0, 2]);
		expect(seriesOf({ ...SPAN, untilMs: STEP + 1_000 }, [point(1, 60)]).requestsPerSecond).toEqual([0, null]);
	});

	test("is in words, with the newest and the greatest value", () => {
		const series = seriesOf(SPAN, [
			point(1, 60, { p50Ms: 3, p99Ms: 2_500, memoryBytes: 2 * 1_048_576 }),
			point(3, 30, { p50Ms: 4, p99Ms: 9, errors: 1, memoryBytes: 1_048_576 }),
		]);
		expect(requestsSummary(series, clock)).toBe(
			"90 requests in the last 24 hours, at most 1 a second at minute 1; 1 error.",
		);
		expect(latencySummary(series, clock)).toBe(
			"Most recently p50 was 4 ms and p99 9 ms, at most 2.5 s at minute 1.",
		);
		expect(memorySummary(series, clock)).toBe("Most recently 1 MiB, at most 2 MiB at minute 1.");
		const empty = seriesOf(SPAN, []);
		expect(requestsSummary(empty, clock)).toBe("No requests in the last 24 hours.");
		expect(memorySummary(empty, clock)).toBe("No process in the last 24 hours.");
	});
});

test("the newest and the greatest of values with gaps", () => {
	expect(lastOf([1, 5, null, 2, null])).toBe(2);
	expect(peakOf([1, 5, null, 2, null])).toEqual({ index: 1, value: 5 });
	expect(lastOf([null])).toBeUndefined();
	expect(peakOf([])).toBeUndefined();
});

test("the line of a small plot has a gap where there is no value, and stays flat without any", () => {
	expect(sparkPath([0, 10, null, 5, 5])).toBe("M0.0 26.5L30.0 1.5M90.0 14.0L120.0 14.0");
	expect(sparkPath([0, 0])).toBe("M0.0 26.5L120.0 26.5");
	expect(sparkPath([null, null])).toBe("");
	expect(sparkPath([null, 1, null])).toBe("M60.0 1.5h0.1");
});

test("numbers and times are short", () => {
	expect([0, 0.123, 3.1777, 42.56, 1_234.5].map(numberText)).toEqual(["0", "0.12", "3.18", "42.6", "1,235"]);
	expect([3.2, 1_500].map(latencyText)).toEqual(["3.2 ms", "1.5 s"]);
	expect([500, 1_536, 3 * 1_048_576].map(bytesText)).toEqual(["500 B", "1.5 KiB", "3 MiB"]);
	expect([0, 59_000, 3_600_000, 200_000_000].map((ms) => distanceText(1e12 - ms, 1e12))).toEqual([
		...["now", "59 s ago", "1 h ago", "2 d ago"],
	]);
	expect(distanceText(1e12 + 60_000, 1e12)).toBe("in 1 min");
});
