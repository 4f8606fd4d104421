/** Several nodes of a platform on a cluster of etcd, with all kinds of faults at random moments. */
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { OpenParts } from "../../../src/platform/open-parts.ts";
import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import type { Replacement } from "./nodes/cluster/build.ts";
import { openWorld } from "./nodes/open-world.ts";
import { PLANTS } from "./nodes/plants.ts";
import { type EtcdFault, type NodeFault, type Plan, playRound } from "./nodes/round.ts";
import type { World } from "./nodes/workload/world.ts";

/** How often each fault is drawn. */
const ETCD: readonly EtcdFault[] = [
	"the leader of etcd was killed",
	"the leader of etcd was killed",
	"the leader of etcd was suspended",
	"the leader of etcd was cut off",
	"the leader of etcd was cut off",
	"the whole cluster was lost",
	"etcd was full",
	"etcd was compacted",
];
const NODES: readonly NodeFault[] = [
	"a node was killed in a rollout",
	"a node was killed in a rollout",
	"a node was killed in a rollout",
	"a node was killed in a rollout",
	"a node was killed in a rollout",
	"a node was suspended in a rollout",
	"a node was cut off from etcd",
	"a node was cut off from one member",
	"the clock of a node jumped",
];
const FAULTS = 4;

/** The short form: most kinds of faults once, in two rounds. */
const SHORT: readonly Plan[] = [
	{
		etcd: ["the leader of etcd was killed", "the leader of etcd was cut off", "etcd was compacted"],
		nodes: ["a node was killed in a rollout", "a node was cut off from etcd", "the clock of a node jumped"],
	},
	{
		etcd: ["the leader of etcd was suspended", "the whole cluster was lost"],
		nodes: ["a node was suspended in a rollout", "a node was killed in a rollout"],
	},
];

function planOf(random: Random): Plan {
	const some = <T>(faults: readonly T[]) => Array.from({ length: FAULTS }, () => random.pick(faults));
	return { etcd: some(ETCD), nodes: some(NODES) };
}

async function playAll(world: World, { rounds, seed }: TortureOptions): Promise<number> {
	const random = randomFrom(seed);
	for (let round = 0; round < rounds; round++) {
		const plan = (rounds <= SHORT.length ? SHORT[round] : undefined) ?? planOf(random);
		const known = world.failures.length;
		await playRound(world, plan).catch((error: unknown) => {
			world.fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
		});
		for (let index = known; index < world.failures.length; index++)
			world.failures[index] = `round ${round + 1}: ${world.failures[index]}`;
		// What is wrong once would be told again in every round.
		if (world.failures.length > 0) return round;
		if (process.env["TORTURE_VERBOSE"])
			process.stderr.write(`round ${round + 1}: ${JSON.stringify(world.tally)}\n`);
	}
	return rounds;
}

async function run(options: TortureOptions): Promise<TortureReport> {
	const { plant } = options;
	const planted = plant === undefined ? [] : (PLANTS[plant] ?? []);
	const opened = new OpenParts();
	try {
		return await runIn(opened, options, planted);
	} finally {
		await opened.close(NO_LOG);
	}
}

async function runIn(
	opened: OpenParts,
	options: TortureOptions,
	planted: readonly Replacement[],
): Promise<TortureReport> {
	const { plant, seed } = options;
	let world: World;
	try {
		world = await openWorld(opened, { seed, planted });
	} catch (error) {
		// A platform that detects a planted bug in its store does not even deploy the first functions.
		if (plant === undefined) throw error;
		return { rounds: 0, failures: [`The nodes did not get to work: ${error}`], tally: {} };
	}
	const rounds = await playAll(world, options);
	world.count("runs of automations", world.collector.count);
	const { failures, nodes, tally } = world;
	if (failures.length > 0 && plant === undefined)
		for (const [index, { log }] of nodes.entries())
			process.stderr.write(`node ${index}:\n${log.slice(-6_000)}\n`);
	return { rounds, failures, tally };
}

export const torture: Torture = {
	name: "nodes: several nodes on etcd, with faults of nodes, members and the network",
	rounds: { short: SHORT.length, long: 50 },
	plants: Object.keys(PLANTS),
	run,
};
