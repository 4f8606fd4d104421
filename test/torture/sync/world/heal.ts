/**
 * The end of a schedule: the network works, all tasks finish, and all devices sync until nothing is left to
 * do.
 */

import type { Random } from "../../random.ts";
import type { Device } from "../devices/device.ts";
import { apply, finish } from "./apply.ts";
import type { World } from "./world.ts";

/** More rounds than all conflicts need, with one decision each. */
const ROUNDS_MAX = 12;

export function membersOf(world: World): Device[] {
	return world.devices.filter(({ hasJoined, isRemoved }) => hasJoined && !isRemoved);
}

/** Whether the device's last sync had nothing to do, and nothing has changed since. */
function isQuiet(world: World, device: Device): boolean {
	return world.quiet.get(device) === world.platform.revision;
}

export async function heal(world: World, random: Random): Promise<void> {
	world.note("— the network works —");
	for (const device of world.devices) for (const slot of [0, 1]) await finish(world, device.index, slot);
	world.quiet.clear();
	for (let round = 0; round < ROUNDS_MAX && !world.isOver; round++) {
		for (const device of membersOf(world)) {
			if (isQuiet(world, device)) continue;
			const take = device.asked.size > 0 ? random.pick(["local", "platform"] as const) : undefined;
			await apply(world, { type: "start", device: device.index, slot: 0, command: { kind: "sync", take } });
			await finish(world, device.index, 0);
		}
		if (membersOf(world).every((device) => isQuiet(world, device))) return;
	}
	if (!world.isOver) world.fail(`not quiet after ${ROUNDS_MAX} rounds of syncs without faults`);
}
