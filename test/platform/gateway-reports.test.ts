/** What the platform does with the requests that its gateways did not log. */
import { expect, test, vi } from "vitest";
import { gatewayReports } from "../../src/platform/gateway-reports.ts";
import type { Core } from "../../src/platform/service/core.ts";

test("the function's log says how many are missing; the platform's log, if the app has no such function", () => {
	const [append, warn] = [vi.fn(), vi.fn()];
	const functionLifetime = (name: string) => (name === "pay" ? { app: "life", function: "d1" } : undefined);
	const core = {
		apps: { find: () => ({ functionLifetime }) },
		clock: { now: () => 0 },
		log: { warn },
		logs: { append },
	};
	const { onUnlogged } = gatewayReports(core as unknown as Core);
	onUnlogged({ app: "shop", function: "pay" }, 12_345);
	onUnlogged({ app: "shop", function: undefined }, 2);
	expect(append.mock.calls).toEqual([
		[
			"life",
			"d1",
			{
				time: "1970-01-01T00:00:00.000Z",
				level: "info",
				message: expect.stringMatching(/^12,345 requests are/),
			},
		],
	]);
	expect(warn.mock.calls).toEqual([[{ app: "shop", requests: 2 }, expect.stringMatching(/too many/)]]);
});
