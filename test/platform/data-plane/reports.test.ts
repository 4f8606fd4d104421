/** What a gateway reports about its requests, and what the metrics get of it. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveInstance } from "../../../src/platform/data-plane/gateway/live-instance.ts";
import { COLLECT_MS, Reports } from "../../../src/platform/data-plane/gateway/reports.ts";
import type { Report } from "../../../src/platform/data-plane/report.ts";
import { readRows } from "../../../src/platform/data-plane/request-rows.ts";
import type { AnsweredRequest } from "../../../src/platform/gateway/answered-request.ts";

const ROUTE = { app: "shop", function: "pay", firstDeployment: "d1" };
const REQUEST: AnsweredRequest = {
	...{ method: "GET", protocol: "HTTP/1.1", path: "/shop/pay", status: 200, ms: 1.5, bytes: 5 },
	...{ id: "id-1", reason: null },
};
const NOW_MS = 1_800_000_000_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW_MS }));
afterEach(() => vi.useRealTimers());

function open() {
	const sent: Report[] = [];
	return { sent, reports: new Reports((report) => sent.push(report)) };
}

function instance(id: string): LiveInstance {
	const routed = { id, deployment: "d1", socketPath: "/s", isOnProbation: false };
	return new LiveInstance(routed, { send: () => {}, settle: async () => {}, onActivity: () => {} });
}

function rowsOf({ rows, targets }: Report) {
	const read: unknown[] = [];
	readRows(rows?.text ?? "", rows?.sinceMs ?? 0, (target, request) => read.push([targets[target], request]));
	return read;
}

test("responses that took almost the same time are counted together, and never below a limit of the buckets", () => {
	const { reports, sent } = open();
	for (const ms of [2.5, 2.5001, 2.506, 0.4321, 0.4329, 1_000, 1_000.1, 0, 9.9999, 99.95, 150_000, 2e9])
		reports.onAnswer(ROUTE, { status: 200, ms });
	reports.onAnswer(ROUTE, { status: 502, ms: 2.5 });
	reports.onUnlogged(ROUTE, 4);
	reports.onUnlogged({ app: "shop", function: undefined }, 2);
	reports.flush();
	expect(sent).toHaveLength(1);
	const [{ answers, targets, unlogged } = {} as Report] = sent;
	expect(targets).toEqual([
		["shop", "pay", "d1", null],
		["shop", null, null, null],
	]);
	const times = [
		[2.5, 1],
		[2.51, 2],
		[0.433, 2],
		[1_000, 1],
		[1_010, 1],
		[0, 1],
		[10, 1],
		[100, 1],
		[150_000, 1],
		[2e9, 1],
	];
	expect(answers).toEqual([
		[0, 200, times],
		[0, 502, [[2.5, 1]]],
	]);
	expect(unlogged).toEqual([
		[0, 4],
		[1, 2],
	]);
});

test("times keep three digits, and are at most one of the last digit above what was measured", () => {
	for (let ms = 0.01; ms < 1e9; ms *= 1.0137) {
		const { reports, sent } = open();
		reports.onAnswer(ROUTE, { status: 200, ms });
		reports.flush();
		const counted = sent[0]?.answers[0]?.[2][0]?.[0] ?? Number.NaN;
		expect(counted).toBeGreaterThanOrEqual(ms);
		expect(counted - ms).toBeLessThanOrEqual(Math.max(0.001, ms * 0.0101));
	}
});

test("each request is reported once: those of the same time together, with the instance that got them", () => {
	const { reports, sent } = open();
	reports.onRequest(ROUTE, REQUEST, instance("i1"));
	reports.onAnswer(ROUTE, REQUEST);
	vi.advanceTimersByTime(COLLECT_MS - 1);
	expect(sent).toHaveLength(0);
	reports.onRequest(ROUTE, { ...REQUEST, id: "id-2" }, instance("i2"));
	reports.onRequest(
		{ app: "shop", function: undefined },
		{ ...REQUEST, status: 404, reason: "GONE" },
		undefined,
	);
	vi.advanceTimersByTime(1);
	reports.onRequest(ROUTE, { ...REQUEST, id: "id-3" }, instance("i2"));
	reports.flush();
	expect(vi.getTimerCount()).toBe(0);
	expect(sent.map(rowsOf)).toEqual([
		[
			[["shop", "pay", "d1", "i1"], { ...REQUEST, atMs: NOW_MS }],
			[["shop", "pay", "d1", "i2"], { ...REQUEST, id: "id-2", atMs: NOW_MS + COLLECT_MS - 1 }],
			[
				["shop", null, null, null],
				{ ...REQUEST, status: 404, reason: "GONE", atMs: NOW_MS + COLLECT_MS - 1 },
			],
		],
		[[["shop", "pay", "d1", "i2"], { ...REQUEST, id: "id-3", atMs: NOW_MS + COLLECT_MS }]],
	]);
	expect(
		sent.map(({ answers, targets }) => answers.map(([target, ...rest]) => [targets[target], ...rest])),
	).toEqual([[[["shop", "pay", "d1", null], 200, [[1.5, 1]]]], []]);
});

test("a request that fits into no row is reported all the same", () => {
	const { reports, sent } = open();
	reports.onRequest(ROUTE, { ...REQUEST, path: "/a b#c" }, undefined);
	reports.flush();
	expect(sent[0]?.rows?.text).toBe("");
	expect(sent[0]?.requests).toEqual([[0, "GET", "/a b#c", 200, 1.5, 5, "id-1", null, NOW_MS, "HTTP/1.1"]]);
});

test("a function that was deployed anew within one report is counted as another one", () => {
	const { reports, sent } = open();
	const again = { ...ROUTE, firstDeployment: "d2" };
	for (const route of [ROUTE, again, ROUTE]) reports.onAnswer(route, { status: 200, ms: 1 });
	reports.flush();
	const [{ answers, targets } = {} as Report] = sent;
	const counts = answers.map(([target, , times]) => [targets[target]?.[2], times[0]?.[1]]);
	expect(counts).toEqual([
		["d1", 1],
		["d2", 1],
		["d1", 1],
	]);
});
