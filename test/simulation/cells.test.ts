/** Simulated cells: the same seed gives the same run, nothing is lost, and what is planted is found. */
import { describe, expect, test } from "vitest";
import { type Assumed, assumed } from "../../bench/simulation/assumptions.ts";
import { type CellPlan, type CellResult, simulateCell } from "../../bench/simulation/cell.ts";
import { type Costs, costsOf } from "../../bench/simulation/costs.ts";
import { crossChecks } from "../../bench/simulation/cross-check.ts";
import { drawApps, meanDemand } from "../../bench/simulation/draw.ts";
import { cellLimits, nodeNeeds, sizingOf } from "../../bench/simulation/sizing.ts";

const APPS = 200;
const BUSY = assumed({ requestsPerAppDay: 20_000, trafficSigma: 1 });

/** So that the tests do not change with what is measured. */
const BASE: Costs = {
	...costsOf(BUSY, APPS),
	...{ etcdMs: 0.3, gatewayMs: 0.04, startControlMs: 5, startMs: 18, startCpuMs: 85, buildCpuMs: 400 },
	...{ changeControlMs: 4, deployControlMs: 4, automationControlMs: 4, reloadControlMs: 0 },
	...{ changeTransactions: 5, deployTransactions: 3, automationTransactions: 3, reloadTransactions: 0 },
};

function cell(costs: Partial<Costs> = {}, plan: Partial<CellPlan> = {}): CellResult {
	const seed = plan.seed ?? 1;
	return simulateCell({
		seed,
		apps: drawApps(APPS, seed, BUSY),
		nodes: 2,
		costs: { ...BASE, ...costs },
		warmMs: 60_000,
		windowMs: 60_000,
		isDrill: false,
		...plan,
	});
}

function expectConserved({ requests }: CellResult): void {
	const { answered, arrived, before, failed, inFlight, refused } = requests;
	expect(before + arrived).toBe(answered + failed + refused + inFlight);
	expect(arrived).toBeGreaterThan(1_000);
}

describe("a simulated cell", () => {
	test("gives the same result for the same seed, and another one for another seed", () => {
		expect(cell()).toEqual(cell());
		expect(cell({}, { seed: 2 }).requests).not.toEqual(cell().requests);
	});

	test("loses no request: what arrives is answered, fails, is refused or is in flight", () => {
		const calm = cell();
		expectConserved(calm);
		expect(calm.requests).toMatchObject({ failed: 0, refused: 0 });
		const overloaded = cell({ cores: 1, functionCpuMs: 100 });
		expectConserved(overloaded);
		expect(overloaded.requests.inFlight).toBeGreaterThan(100);
		const full = cell({ processesMax: 10 });
		expectConserved(full);
		expect(full.requests.refused).toBeGreaterThan(20);
		expect(full.processes).toBe(10);
	});

	test("fails requests while a node is lost, and none once the others have taken over", () => {
		const drill = cell({ failoverMs: 5_000 }, { isDrill: true });
		expectConserved(drill);
		// Half of the requests go to the lost node, for 5 of 60 s.
		const { arrived, failed } = drill.requests;
		expect(failed / arrived).toBeGreaterThan(0.025);
		expect(failed / arrived).toBeLessThan(0.06);
		expect(drill.coldStarts).toBeGreaterThan(cell().coldStarts);
	});

	test("runs as many processes, and starts as many, as the idle time and the traffic say", () => {
		const idleMs = 10_000;
		const result = cell({ idleMs }, { warmMs: 120_000, windowMs: 600_000 });
		const expected = meanDemand(drawApps(APPS, 1, BUSY), idleMs);
		const coldStarts = result.coldStarts / 600_000 / APPS;
		expect(Math.abs(coldStarts / expected.coldStarts - 1)).toBeLessThan(0.1);
		// The most of one node in ten minutes is a little more than half of the mean of both.
		expect((2 * result.processes) / (expected.running * APPS)).toBeGreaterThan(1);
		expect((2 * result.processes) / (expected.running * APPS)).toBeLessThan(1.4);
	});

	test("shows where a planted bottleneck is", () => {
		const busiest = (result: CellResult) =>
			Object.entries(result.utilisation).toSorted((a, b) => b[1] - a[1])[0]?.[0];
		expect(busiest(cell({ etcdMs: 50, changeRate: 1e-4 }))).toBe("etcd");
		expect(busiest(cell({ functionCpuMs: 200 }))).toBe("processors");
		expect(busiest(cell({ gateways: 1, gatewayMs: 30 }))).toBe("gateways");
		expect(busiest(cell({ reloadControlMs: 300, changeRate: 1e-4 }))).toBe("control plane");
	});
});

test("what the costs say of a platform of 9,990 apps is within a quarter of what was measured there", () => {
	for (const { computed, measured, what } of crossChecks())
		expect(Math.abs(computed / measured - 1), what).toBeLessThan(0.25);
});

describe("the size of cells", () => {
	const bottleneck = (values: Partial<Assumed>, nodes = 2) => cellLimits(assumed(values), nodes)[0]?.resource;

	test("is limited by the resource that is made scarce", () => {
		const roomy = { days: 0, startSecondsMax: 1e6, changesPerAppDay: 1e-6, deploysPerAppDay: 1e-6 };
		const idle = { ...roomy, cronRunsPerAppDay: 1e-6 };
		expect(bottleneck({ ...idle, secretsPerApp: 1 })).toBe("apps that a platform accepts (APPS_MAX)");
		expect(bottleneck({ ...idle, quotaGiB: 0.001 })).toBe("etcd: bytes");
		expect(bottleneck({ ...idle, secretsPerApp: 1_000 })).toBe("control plane: heap");
		expect(bottleneck({ ...idle, startSecondsMax: 0.1 })).toBe("control plane: time of a start");
		expect(bottleneck({ ...idle, cronRunsPerAppDay: 10_000 }, 1)).toBe("control plane: writes");
	});

	test("names the resource of nodes that decides their number", () => {
		const first = (values: Partial<Assumed>) => nodeNeeds(assumed(values), 1_000, 1)[0]?.resource;
		expect(first({ functionCpuMs: 0.1 })).toBe("nodes: memory of functions");
		expect(first({ functionCpuMs: 5_000 })).toBe("nodes: processors");
		expect(first({ functionCpuMs: 0, processMiB: 0.001, requestsPerAppDay: 1e7 })).toBe("nodes: gateways");
	});

	test("has room for all apps, and for one node that fails", () => {
		const of = assumed({ apps: 123_456 });
		const { apps, cells, needs, nodes } = sizingOf(of, 1);
		expect(apps * cells).toBeGreaterThanOrEqual(of.apps);
		expect(nodes).toBeGreaterThanOrEqual(Math.ceil(needs[0]?.nodes ?? 0) + 1);
		expect(sizingOf(of, 1)).toEqual(sizingOf(of, 1));
	});
});
