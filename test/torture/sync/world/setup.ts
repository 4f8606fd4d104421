/** The initial state of a world: a linked project with members and their clones. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../../../../src/crypto.ts";
import { type Identity, identityOf } from "../../../../src/identity/identity.ts";
import { initProject } from "../../../../src/project/init.ts";
import { addMember } from "../../../../src/project/members/members.ts";
import { setSecrets } from "../../../../src/project/secrets/edit-secrets.ts";
import { linkEnvironment } from "../../../../src/sync/link/link.ts";
import type { Random } from "../../random.ts";
import { Device, plainRemote, valueText } from "../devices/device.ts";
import type { Plant } from "../plants.ts";
import { plantedRemote } from "../platform/planted-remote.ts";
import { APP, ORIGIN, SimulatedPlatform } from "../platform/platform.ts";
import type { Profile } from "../profiles.ts";
import { SMOOTH, type Verdict } from "./actions.ts";
import { apply, finish } from "./apply.ts";
import { Task } from "./task.ts";
import { World } from "./world.ts";

await cryptoReady;

const RAM = "/dev/shm";
const PLATFORM_SEED = 200;

function identityNumber(number: number): Identity {
	return identityOf(new Uint8Array(32).fill(number));
}

/** Makes a world, passes it to `use`, and removes it. */
export async function withWorld<T>(
	{ profile, random, plant }: { profile: Profile; random: Random; plant: Plant | undefined },
	use: (world: World) => Promise<T>,
): Promise<T> {
	const folder = await mkdtemp(join(existsSync(RAM) ? RAM : tmpdir(), "coffer-simulation-"));
	const platform = await SimulatedPlatform.open(join(folder, "platform"), identityNumber(PLATFORM_SEED));
	try {
		const count = random.pick(profile.devices) + profile.strangers;
		// Sometimes two devices belong to one person.
		const isShared = random.chance(0.25);
		const devices = Array.from({ length: count }, (_, index) => {
			const seed = isShared && index === 1 ? 1 : index + 1;
			return new Device(index, join(folder, `device-${index}`), identityNumber(seed));
		});
		for (const device of devices) await device.prepare();
		const world = new World({ folder, platform, devices, mayRollBack: profile.git });
		await begin(world, { members: count - profile.strangers, isShared, random });
		world.plant = plant;
		platform.plant(plant);
		if (plant) world.remotes = plantedRemote(plant);
		return await use(world);
	} finally {
		await platform.close().catch(() => undefined);
		await rm(folder, { recursive: true, force: true });
	}
}

interface Beginning {
	readonly members: number;
	readonly isShared: boolean;
	readonly random: Random;
}

async function begin(world: World, { members, isShared, random }: Beginning): Promise<void> {
	const [first, ...others] = world.devices.slice(0, members);
	if (!first) throw new TypeError("A world has devices.");
	first.hasJoined = true;
	await initProject(first.context, first.memberName);
	for (const other of isShared ? others.slice(1) : others)
		await addMember(first.context, { ...other.identity.publicKeys, name: other.memberName, role: "writer" });
	await setSecrets(
		first.context,
		new Map([
			["A", valueText(1)],
			["B", valueText(2)],
		]),
	);
	for (const [name, value] of [
		["A", "#1"],
		["B", "#2"],
	] as const)
		world.ledger.intend(0, name, value, 0);
	await link(world, first);
	await first.look(world.ledger);
	first.merged = first.text;
	world.branch = first.text;
	for (const other of others) {
		await other.clone(first, world.ledger);
		// The others are fresh clones that have never synced.
		if (random.chance(0.3)) continue;
		await apply(world, {
			type: "start",
			device: other.index,
			slot: 0,
			command: { kind: "sync", take: undefined },
		});
		await finish(world, other.index, 0);
	}
	world.trace.length = 0;
	world.tally.clear();
	world.note(
		`${members} of ${world.devices.length} devices are members${isShared ? ", 0 and 1 one person's" : ""}`,
	);
}

async function link(world: World, device: Device): Promise<void> {
	const { network, platform } = world;
	const task: Task<Verdict> = new Task("0.0", async (task) => {
		const options = { url: ORIGIN, token: platform.token, answerMs: 1, transport: network.carrierFor(task) };
		const request = { app: APP, remote: plainRemote(options), info: platform.core.info };
		await world.synced(device, (await linkEnvironment(device.context, request, {})).sync);
	});
	await task.begin();
	while (!task.hasEnded) await task.resume(SMOOTH);
	await world.readLog();
}
