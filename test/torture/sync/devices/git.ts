/**
 * Exchange through git: one shared branch and a working copy for each device, merged by the code of the merge
 * driver.
 */
import { readFile, writeFile } from "node:fs/promises";
import { AppError } from "../../../../src/errors.ts";
import { mergeVaultFiles } from "../../../../src/project/git/merge.ts";
import { resolveVault } from "../../../../src/project/resolve.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import { formatRecord } from "../../../../src/vault/records/record.ts";
import { DELETED, type Value } from "../world/ledger.ts";
import type { World } from "../world/world.ts";
import { type Device, ENVIRONMENT } from "./device.ts";

function valueIn(world: World, text: string, name: string): Value {
	const record = parseVault(text).environments.get(ENVIRONMENT)?.records.get(name);
	return (record && world.ledger.valueOf(formatRecord(record))) ?? DELETED;
}

/** Merges the shared branch into a device's working copy, as `git pull` does. */
export async function pull(world: World, device: Device, take: "ours" | "theirs"): Promise<void> {
	const ours = await readFile(device.vaultPath, "utf8");
	const { branch: theirs } = world;
	if (theirs === device.merged) return;
	if (ours === device.merged) await writeFile(device.vaultPath, theirs);
	else if (!(await merge(world, device, { ours, theirs, take }))) return;
	device.merged = theirs;
	await device.look(world.ledger);
	device.carried(world.ledger);
}

/** Pulls, and pushes the result to the shared branch. */
export async function push(world: World, device: Device, take: "ours" | "theirs"): Promise<void> {
	await pull(world, device, take);
	if (device.merged !== world.branch) return;
	world.branch = await readFile(device.vaultPath, "utf8");
	device.merged = world.branch;
}

interface Sides {
	readonly ours: string;
	readonly theirs: string;
	readonly take: "ours" | "theirs";
}

/** @returns false if it cannot be merged; then the working copy is unchanged */
async function merge(world: World, device: Device, { ours, theirs, take }: Sides): Promise<boolean> {
	const names = ["base", "ours", "theirs"] as const;
	const [base, mine, other] = names.map((name) => world.scratch(`merge-${name}`)) as [string, string, string];
	await writeFile(base, device.merged);
	await writeFile(mine, ours);
	await writeFile(other, theirs);
	world.count("merges by git");
	const place = { folder: world.folder, variables: {} };
	try {
		await mergeVaultFiles(place, { base, ours: mine, theirs: other });
		await writeFile(device.vaultPath, await readFile(mine));
		return true;
	} catch (error) {
		if (!(error instanceof AppError) || error.exit !== 5) throw error;
		world.count(`merges by git that ended in ${error.code}`);
		if (error.code !== "MERGE_CONFLICT") return false;
	}
	await writeFile(device.vaultPath, await readFile(mine));
	await resolveVault(device.context.root, {
		identity: device.identity,
		take: (_, name) => {
			const [here, there] = [valueIn(world, ours, name), valueIn(world, theirs, name)];
			const [winner, loser] = take === "ours" ? [here, there] : [there, here];
			// A later sync asks again if the platform has the rejected value, because it cannot know of the
			// decision.
			world.ledger.choose(name, winner, [loser]);
			world.ledger.recordGivenUpValue(name, loser);
			world.note(`   git: ${name} ${here} against ${there}, ${take} taken`);
			return take;
		},
	});
	return true;
}
