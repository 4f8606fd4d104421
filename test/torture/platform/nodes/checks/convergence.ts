/** Waits until all nodes serve the same, and says what they should serve. */
import { setTimeout as after } from "node:timers/promises";
import type { LogEntry } from "../../../../../src/protocol/change.ts";
import { callFunction } from "../workload/callers.ts";
import { BAD, GATE, SHOP } from "../workload/functions.ts";
import type { AppLedger } from "../workload/ledger.ts";
import type { World } from "../workload/world.ts";

/** The time in which nodes must converge. */
const CONVERGE_MS = 60_000;
const LOOK_MS = 150;

/** The value of each revision. */
export function valuesIn({ values }: AppLedger, log: readonly LogEntry[]): string[] {
	return log.map(({ change }) => values.get(change.operation) ?? "");
}

/** What is still wrong. Empty: all nodes serve what they should. */
async function lookFor(world: World, logs: ReadonlyMap<string, readonly LogEntry[]>): Promise<string[]> {
	const { gate, nodes, shop } = world;
	const [shopValues, gateValues] = [
		valuesIn(shop, logs.get(SHOP) ?? []),
		valuesIn(gate, logs.get(GATE) ?? []),
	];
	const served = await Promise.all(
		nodes.map(async (_, node) => ({
			pair: await callFunction(world, node, shop),
			strict: await callFunction(world, node, gate),
			isReady: await world.client(node, SHOP).isReady(),
			status: await world
				.client(node, SHOP)
				.status()
				.catch(() => undefined),
		})),
	);
	const wrong: string[] = [];
	for (const [node, { isReady, pair, status, strict }] of served.entries()) {
		if (!isReady) wrong.push(`node ${node} is not ready`);
		if (status?.nodes.length !== nodes.length) wrong.push(`node ${node} does not see all nodes`);
		if (pair?.values[0] !== shopValues.at(-1)) wrong.push(`node ${node} does not serve the last change`);
		const value = strict?.values[0];
		if (typeof value !== "string") wrong.push(`node ${node} does not serve the strict function`);
		else if (gateValues.lastIndexOf(value) < leastOf(gate, gateValues))
			wrong.push(`node ${node} serves an earlier value of the strict function`);
		if (pair !== undefined && pair.tag !== shop.tags.last && !shop.tags.maybe.has(pair.tag))
			wrong.push(`node ${node} serves another version than the last one`);
	}
	if (new Set(served.map(({ pair, strict }) => JSON.stringify([pair, strict]))).size > 1)
		wrong.push("the nodes do not serve the same");
	return wrong;
}

/** The revision of the last value that the function was reported to have. */
function leastOf({ served }: AppLedger, values: readonly string[]): number {
	return Math.max(
		0,
		...served.filter(({ value }) => !value.startsWith(BAD)).map(({ value }) => values.lastIndexOf(value)),
	);
}

/** The faults that are left when the time is over. */
export async function converge(
	world: World,
	logs: ReadonlyMap<string, readonly LogEntry[]>,
): Promise<string[]> {
	const sinceMs = performance.now();
	for (;;) {
		const wrong = await lookFor(world, logs);
		const tookMs = performance.now() - sinceMs;
		if (wrong.length === 0) {
			world.count("milliseconds until all nodes were the same", Math.round(tookMs));
			return [];
		}
		if (tookMs > CONVERGE_MS) return wrong.map((what) => `after ${Math.round(tookMs / 1000)} s: ${what}`);
		await after(LOOK_MS);
	}
}
