/** Workers that call functions by way of each node, and let the nodes' clocks run. */
import { setTimeout as after } from "node:timers/promises";
import { SHOP } from "./functions.ts";
import type { AppLedger } from "./ledger.ts";
import type { World } from "./world.ts";

const PAUSE_MS = 60;
const TIMEOUT_MS = 3_000;
const MINUTE_MS = 60_000;
/** How often the clocks go a minute further. */
const CLOCK_PAUSE_MS = 1_200;

/** Calls a function once. Undefined: no answer with status 200. */
async function call(
	world: World,
	node: number,
	path: string,
): Promise<{ tag: number; values: (string | null)[] } | undefined> {
	const { listen } = world.nodes[node] as World["nodes"][number];
	try {
		const response = await fetch(`${listen}/${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
		const text = await response.text();
		world.count(`calls with status ${response.status}`);
		return response.status === 200 ? JSON.parse(text) : undefined;
	} catch {
		world.count("calls without an answer");
		return undefined;
	}
}

/** Calls the function of an app once, and records the answer. */
export async function callFunction(world: World, node: number, { app, answers }: AppLedger) {
	const name = app === SHOP ? "pair" : "strict";
	const startedMs = performance.now();
	const answer = await call(world, node, `${app}/${name}`);
	if (answer !== undefined) answers.push({ ...answer, node, startedMs, endedMs: performance.now() });
	return answer;
}

/** Calls the functions of a node again and again. */
export async function callAll(world: World, node: number, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		await callFunction(world, node, world.random.chance(0.7) ? world.shop : world.gate);
		await after(world.random.below(2 * PAUSE_MS), undefined, { signal }).catch(() => undefined);
	}
}

/** Lets all clocks go a minute further, again and again, so that automations are due. */
export async function runClocks(world: World, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		for (const node of world.nodes) {
			node.setClock(node.clockMs + MINUTE_MS);
			// The nodes notice it one after the other.
			await after(world.random.below(30));
		}
		await after(CLOCK_PAUSE_MS, undefined, { signal }).catch(() => undefined);
	}
}
