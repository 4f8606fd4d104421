/** What a gateway reports about its requests, and what the metrics get of it. */
import { expect, test, vi } from "vitest";
import { Reports } from "../../../src/platform/data-plane/gateway/reports.ts";
import type { Report } from "../../../src/platform/data-plane/report.ts";

const ROUTE = { app: "shop", function: "pay", firstDeployment: "d1" };

test("responses that took almost the same time are counted together, and never below a limit of the buckets", () => {
	const send = vi.fn<(report: Report) => void>();
	const reports = new Reports(send);
	for (const ms of [2.5, 2.5001, 2.506, 0.4321, 0.4329, 1_000, 1_000.1, 0])
		reports.onAnswer(ROUTE, { status: 200, ms });
	reports.onAnswer(ROUTE, { status: 502, ms: 2.5 });
	reports.onUnlogged(ROUTE, 4);
	reports.onUnlogged({ app: "shop", function: undefined }, 2);
	reports.flush();
	expect(send).toHaveBeenCalledTimes(1);
	const { answers, targets, unlogged } = send.mock.calls[0]?.[0] ?? {};
	expect(targets).toEqual([
		["shop", "pay", "d1", null],
		["shop", null, null, null],
	]);
	expect(answers).toEqual([
		[
			0,
			200,
			[
				[2.5, 1],
				[2.51, 2],
				[0.433, 2],
				[1_000, 1],
				[1_010, 1],
				[0, 1],
			],
		],
		[0, 502, [[2.5, 1]]],
	]);
	expect(unlogged).toEqual([
		[0, 4],
		[1, 2],
	]);
});
