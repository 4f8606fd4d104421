/** The commands of a device. Each works like the real command of that name. */
import { readFile, writeFile } from "node:fs/promises";
import { AppError } from "../../../../src/errors.ts";
import { addMember } from "../../../../src/project/members/members.ts";
import { removeMembers } from "../../../../src/project/members/remove-members.ts";
import { deleteSecrets, setSecrets } from "../../../../src/project/secrets/edit-secrets.ts";
import { syncEnvironment } from "../../../../src/sync/changes/sync.ts";
import { prepareRemoval } from "../../../../src/sync/link/before-removal.ts";
import type { Command, Side, Verdict } from "../world/actions.ts";
import { DELETED } from "../world/ledger.ts";
import type { Task } from "../world/task.ts";
import type { World } from "../world/world.ts";
import { type Device, valueText } from "./device.ts";
import { pull, push } from "./git.ts";

interface Doing {
	readonly world: World;
	readonly device: Device;
	readonly task: Task<Verdict>;
}

/** Runs a command to its end. The world judges its exceptions. */
export async function perform(doing: Doing, command: Command): Promise<void> {
	const { device, world } = doing;
	try {
		await run(doing, command);
	} catch (error) {
		await world.caught(device, error).catch((more: unknown) => world.end(more));
	}
}

async function run(doing: Doing, command: Command): Promise<void> {
	const { device, world } = doing;
	switch (command.kind) {
		case "set":
			return await set(doing, command);
		case "delete":
			return await remove(doing, command);
		case "sync":
			return await sync(doing, command.take);
		case "add":
			return await addDevice(doing, world.devices[command.device] as Device);
		case "remove":
			return await removeDevice(doing, world.devices[command.device] as Device);
		case "pull":
			return await pull(world, device, command.take);
		case "push":
			return await push(world, device, command.take);
	}
}

function pause({ task }: Doing, what: string): Promise<Verdict> {
	return task.park({ kind: "pause", what });
}

async function set(doing: Doing, command: Extract<Command, { kind: "set" }>): Promise<void> {
	const { device, world } = doing;
	const { values } = command;
	const before = await readFile(device.vaultPath);
	const numbers = new Map(values);
	const outcome = await setSecrets(
		device.context,
		new Map([...numbers].map(([name, number]) => [name, valueText(number)])),
	);
	for (const name of outcome.changed)
		world.ledger.intend(device.index, name, `#${numbers.get(name)}`, device.revision);
	if (world.plant === "droppedRecord" && outcome.changed.length > 0) {
		world.plant = undefined;
		await writeFile(device.vaultPath, before);
	}
	if (!command.syncs) return;
	await pause(doing, "saved");
	await sync(doing, undefined);
}

async function remove(doing: Doing, { name, syncs }: Extract<Command, { kind: "delete" }>): Promise<void> {
	const { device, world } = doing;
	try {
		await deleteSecrets(device.context, [name]);
	} catch (error) {
		if (error instanceof AppError && error.code === "SECRET_NOT_FOUND") return;
		throw error;
	}
	world.ledger.intend(device.index, name, DELETED, device.revision);
	if (!syncs) return;
	await pause(doing, "saved");
	await sync(doing, undefined);
}

/** Records each decision at once, because the command may fail afterwards. */
function takeOf({ device, task, world }: Doing, side: Side): (name: string) => Side {
	const { ledger } = world;
	return (name) => {
		const ours = device.holds(ledger, name) ?? DELETED;
		const theirs = ledger.logged(name, task.sawRevision);
		const last = theirs.at(-1);
		world.note(`   decided for ${side}: ${name}`);
		world.count("decisions");
		if (side === "local") ledger.decide(device.index, name, ours, theirs);
		else if (last !== undefined) ledger.decide(device.index, name, last, [ours]);
		return side;
	};
}

async function targetOf({ device, task, world }: Doing) {
	return await device.target(world.network.carrierFor(task), world.platform.token, world.remotes);
}

async function sync(doing: Doing, side: Side | undefined): Promise<void> {
	const { device, world } = doing;
	const options = side === undefined ? {} : { take: takeOf(doing, side) };
	await world.synced(device, await syncEnvironment(device.context, await targetOf(doing), options));
}

async function addDevice(doing: Doing, added: Device): Promise<void> {
	const { device, world } = doing;
	await addMember(device.context, { ...added.identity.publicKeys, name: added.memberName, role: "writer" });
	await added.clone(device, world.ledger);
	world.count("members added");
	await pause(doing, "saved");
	await sync(doing, undefined);
}

async function removeDevice(doing: Doing, gone: Device): Promise<void> {
	const { device, world } = doing;
	const names = [gone.memberName];
	await prepareRemoval(device.context, await targetOf(doing), names);
	await pause(doing, "ready to remove");
	await removeMembers(device.context, names);
	gone.isRemoved = true;
	world.count("members removed");
	await pause(doing, "saved");
	await sync(doing, undefined);
}
