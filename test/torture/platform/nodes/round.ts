/** One round: work and faults at the same time, then peace, and then the checks. */
import { setTimeout } from "node:timers/promises";
import type { LogEntry } from "../../../../src/protocol/change.ts";
import { answerFaults } from "./checks/answers.ts";
import { converge, valuesIn } from "./checks/convergence.ts";
import type { TestNode } from "./cluster/test-node.ts";
import { haveSameData } from "./faults/etcd-calls.ts";
import { ETCD_FAULTS } from "./faults/etcd-faults.ts";
import { NODE_FAULTS, startAgain } from "./faults/node-faults.ts";
import { checkLinearizable } from "./history/linearizability.ts";
import { logModel } from "./history/log-model.ts";
import { callAll, runClocks } from "./workload/callers.ts";
import type { AppLedger } from "./workload/ledger.ts";
import { logFaults } from "./workload/ledger.ts";
import type { World } from "./workload/world.ts";
import { deploy, useTokens, write, writeBad } from "./workload/writers.ts";

export type EtcdFault = keyof typeof ETCD_FAULTS;
export type NodeFault = keyof typeof NODE_FAULTS;

/** The faults of a round, in order. Those of etcd and those of nodes happen at the same time. */
export interface Plan {
	readonly etcd: readonly EtcdFault[];
	readonly nodes: readonly NodeFault[];
}

async function inOrder<Name extends string>(
	world: World,
	names: readonly Name[],
	faults: Readonly<Record<Name, (world: World) => Promise<void>>>,
): Promise<void> {
	for (const name of names) {
		world.count(name);
		await faults[name](world);
	}
}

/** Works while the faults happen. */
async function disturb(world: World, plan: Plan): Promise<void> {
	const done = new AbortController();
	const { signal } = done;
	const { gate, nodes, shop } = world;
	const workers = [
		write(world, shop, false, signal),
		write(world, shop, false, signal),
		write(world, gate, true, signal),
		deploy(world, signal),
		useTokens(world, signal),
		runClocks(world, signal),
		...nodes.map((_, node) => callAll(world, node, signal)),
	];
	const faults = [inOrder(world, plan.etcd, ETCD_FAULTS), inOrder(world, plan.nodes, NODE_FAULTS)];
	try {
		await Promise.race([Promise.all(faults), Promise.all(workers)]);
	} finally {
		done.abort();
		await Promise.allSettled([...workers, ...faults]);
	}
	await Promise.all([...workers, ...faults]);
}

/** How long a node may refuse to give a log after the faults. A node that has found a damaged store refuses for ever. */
const LOG_MS = 60_000;
const PAUSE_MS = 100;

/** @throws Error if the node does not give the log in time */
async function logOf(world: World, node: number, app: string): Promise<readonly LogEntry[]> {
	const deadline = performance.now() + LOG_MS;
	for (;;) {
		try {
			return await world.client(node, app).log();
		} catch (cause) {
			if (performance.now() > deadline)
				throw new Error(`Node ${node} does not give the log of ${app}.`, { cause });
			await setTimeout(PAUSE_MS);
		}
	}
}

function checkLedger(world: World, ledger: AppLedger, log: readonly LogEntry[]): void {
	for (const fault of logFaults(ledger, log)) world.fail(fault);
	const revisions = new Map(valuesIn(ledger, log).map((value, index) => [value, index + 1]));
	const { cuts, staleAfterMs } = world;
	for (const fault of answerFaults(ledger, { cuts, staleAfterMs, revisions })) world.fail(fault);
	world.count("answers of functions", ledger.answers.length);
	world.count("operations in histories", ledger.history.length);
	const last = log.at(-1);
	const final = {
		calledMs: performance.now(),
		returnedMs: performance.now(),
		input: { kind: "read" as const },
	};
	const output = { kind: "head" as const, head: last?.head ?? ledger.initial.head };
	const history = [...ledger.history, { ...final, output }];
	const verdict = checkLinearizable(logModel(ledger.initial.head), history);
	if (!verdict.isLinearizable)
		world.fail(`${ledger.app}: the history is not linearizable at ${JSON.stringify(verdict.stuck)}`);
	ledger.begin(last ?? ledger.initial);
}

/**
 * Starts a node whose app has newest values that no function accepts. It must serve those that the functions had
 * before: chance alone seldom starts a node at such a moment. Functions end with the first node's process.
 */
async function startBesideBad(world: World): Promise<void> {
	await writeBad(world);
	const node = world.nodes[0] as TestNode;
	await node.signal("SIGKILL");
	await startAgain(node);
}

/** Plays a round, and adds what is wrong to the world's failures. @throws Error if it cannot be played */
export async function playRound(world: World, plan: Plan): Promise<void> {
	await disturb(world, plan);
	await startBesideBad(world);
	const logs = new Map<string, readonly LogEntry[]>();
	for (const { app } of [world.shop, world.gate]) {
		const all = await Promise.all(world.nodes.map((_, node) => logOf(world, node, app)));
		if (new Set(all.map((log) => log.at(-1)?.head)).size > 1)
			world.fail(`${app}: the nodes have different logs`);
		logs.set(app, all[0] ?? []);
	}
	// Of a cluster whose members have lost each other's data, the platform can read anything.
	if (!(await haveSameData(world.members))) world.fail("the members of etcd have different data");
	for (const fault of await converge(world, logs)) world.fail(fault);
	for (const ledger of [world.shop, world.gate]) checkLedger(world, ledger, logs.get(ledger.app) ?? []);
	for (const run of world.collector.takeDoubled()) world.fail(`an automation ran twice: ${run}`);
	world.shop.tags.maybe.clear();
	world.cuts = [];
}
