/** Faults of the members of etcd. Each function begins a fault and ends it, and resolves when all members run again. */
import { setTimeout as after } from "node:timers/promises";
import type { Endpoint } from "../../../../../src/platform/store/etcd/api/grpc.ts";
import type { Machine } from "../cluster/network.ts";
import type { World } from "../workload/world.ts";
import { compactAll, fillUp, makeRoom } from "./etcd-calls.ts";

const LEADER_MS = 2_500;
const PAUSE_MS = 200;
/** Etcd saves writes ten times a second. */
const SAVED_MS = 500;

/** The index of the leader, when there is one. */
async function leaderOf({ members }: World): Promise<number> {
	for (;;) {
		const leader = await members.leader().catch(() => undefined);
		if (leader !== undefined) return leader;
		await after(PAUSE_MS);
	}
}

async function killLeader(world: World): Promise<void> {
	const leader = await leaderOf(world);
	await world.members.kill(leader);
	await after(world.random.below(LEADER_MS));
	await world.members.restart(leader);
}

async function pauseLeader(world: World): Promise<void> {
	const leader = await leaderOf(world);
	await world.members.kill(leader, "SIGSTOP");
	await after(500 + world.random.below(LEADER_MS));
	await world.members.kill(leader, "SIGCONT");
}

/** The leader loses the other members, and half of the time the nodes too. */
async function cutOffLeader(world: World): Promise<void> {
	const leader = await leaderOf(world);
	const machine = world.memberMachines[leader] as Machine;
	const others = world.memberMachines.filter((other) => other !== machine);
	const nodes = world.random.chance(0.5) ? world.nodes.map((node) => node.machine) : [];
	world.network.cut(machine, [...others, ...nodes]);
	await after(500 + world.random.below(LEADER_MS));
	world.network.heal(machine);
}

/** All members end at once, and are gone for a while, sometimes for longer than nodes may serve. */
async function loseCluster(world: World): Promise<void> {
	const { members, memberMachines, nodes, random, staleAfterMs } = world;
	await Promise.all(memberMachines.map((_, index) => members.kill(index)));
	const end = world.cut(nodes.map((_, node) => node));
	await after(random.chance(0.4) ? staleAfterMs + random.below(2_000) : random.below(2_500));
	// From the first member on, the nodes may reach the store again.
	end();
	await Promise.all(memberMachines.map((_, index) => members.restart(index)));
}

/** Etcd takes no changes, because it is full. */
async function fillEtcd({ members, random }: World): Promise<void> {
	await fillUp(members, members.endpoints[0] as Endpoint);
	await after(random.below(2_000));
	await makeRoom(members, members.endpoints);
	await after(SAVED_MS);
}

async function compact({ members }: World): Promise<void> {
	await compactAll(members, members.endpoints[0] as Endpoint);
}

export const ETCD_FAULTS = {
	"the leader of etcd was killed": killLeader,
	"the leader of etcd was suspended": pauseLeader,
	"the leader of etcd was cut off": cutOffLeader,
	"the whole cluster was lost": loseCluster,
	"etcd was full": fillEtcd,
	"etcd was compacted": compact,
} as const satisfies Record<string, (world: World) => Promise<void>>;
