/** Faults of the nodes. Each function begins a fault and ends it, and resolves when the node runs again. */
import { setTimeout as after } from "node:timers/promises";
import type { Endpoint } from "../../../../../src/platform/store/etcd/api/grpc.ts";
import type { TestNode } from "../cluster/test-node.ts";
import type { World } from "../workload/world.ts";
import { compactAll } from "./etcd-calls.ts";

/** The most time from the request of a change to the fault of its node. */
const ROLLOUT_MS = 700;
const SEND_MS = 5_000;
const GONE_MS = 1_200;
const JUMP_MS = 2 * 3_600_000;
const START_MS = 120_000;

/** Waits until a change is sent, and for a moment of its rollout. @returns the node to which it is sent */
async function midRollout(world: World): Promise<number> {
	const sent = new Promise<number>((resolve) => {
		world.onSend = resolve;
	});
	const node = await Promise.race([sent, after(SEND_MS, world.anyNode())]);
	world.onSend = () => {};
	await after(world.random.below(ROLLOUT_MS));
	return world.random.chance(0.8) ? node : world.anyNode();
}

/** Starts a node again, until it is ready: it ends if it does not reach the store. */
export async function startAgain(node: TestNode): Promise<void> {
	const untilMs = performance.now() + START_MS;
	for (;;) {
		try {
			return await node.start();
		} catch (error) {
			if (performance.now() > untilMs) throw error;
		}
	}
}

async function kill(world: World): Promise<void> {
	const index = await midRollout(world);
	const node = world.nodes[index] as TestNode;
	await node.signal("SIGKILL");
	await after(world.random.below(GONE_MS));
	await startAgain(node);
}

/** Suspends a node, sometimes for longer than its leases last, so that two nodes think that they lead. */
async function suspend(world: World): Promise<void> {
	const index = await midRollout(world);
	const node = world.nodes[index] as TestNode;
	await node.signal("SIGSTOP");
	const end = world.cut([index]);
	await after(awayMs(world));
	end();
	await node.signal("SIGCONT");
}

/** How long a node is away: in half of the cases for longer than it may serve. */
function awayMs(world: World, isLong = world.random.chance(0.5)): number {
	const { random, staleAfterMs } = world;
	return isLong ? staleAfterMs + 300 + random.below(2_000) : random.below(staleAfterMs);
}

/** Cuts a node off from all members. Meanwhile etcd forgets its history. */
async function cutOff(world: World): Promise<void> {
	const index = world.random.chance(0.5) ? await midRollout(world) : world.anyNode();
	const { machine } = world.nodes[index] as TestNode;
	world.network.cut(machine, world.memberMachines);
	const end = world.cut([index]);
	// The first one is always long, so that also a short run sees whether a node stops in time.
	const isFirst = world.tally["a node was cut off from etcd"] === 1;
	const ms = awayMs(world, isFirst || undefined);
	await after(ms / 2);
	const { members } = world;
	await compactAll(members, members.endpoints[0] as Endpoint).catch(() => undefined);
	await after(ms / 2);
	end();
	world.network.heal(machine);
}

/** A node loses one member. */
async function cutOne(world: World): Promise<void> {
	const { machine } = world.nodes[world.anyNode()] as TestNode;
	world.network.cut(machine, [world.random.pick(world.memberMachines)]);
	await after(awayMs(world));
	world.network.heal(machine);
}

/** The clock of a node jumps, and back later. */
async function jump(world: World): Promise<void> {
	const node = world.nodes[world.anyNode()] as TestNode;
	const byMs = Math.round(world.random.below(2 * JUMP_MS) - JUMP_MS);
	node.setClock(node.clockMs + byMs);
	await after(world.random.below(3_000));
	node.setClock(node.clockMs - byMs);
}

export const NODE_FAULTS = {
	"a node was killed in a rollout": kill,
	"a node was suspended in a rollout": suspend,
	"a node was cut off from etcd": cutOff,
	"a node was cut off from one member": cutOne,
	"the clock of a node jumped": jump,
} as const satisfies Record<string, (world: World) => Promise<void>>;
