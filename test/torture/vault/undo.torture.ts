/**
 * Random walks of commands of git and Coffer. After each walk, following the printed hints must lead to a
 * valid vault.
 */
import { randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { step } from "./undo/actions.ts";
import { letInUnseen, lostBetween, unreadable } from "./undo/checks.ts";
import { follow } from "./undo/follow.ts";
import { PLANTS } from "./undo/plants.ts";
import { dropTemplates } from "./undo/repository.ts";
import { World } from "./undo/world.ts";

const STEPS = { fewest: 4, more: 12 };

interface Walk {
	readonly faults: readonly string[];
	readonly followed: number;
	readonly refusals: readonly string[];
	readonly trace: readonly string[];
}

async function walk(seed: number, plant: string | undefined): Promise<Walk> {
	const random = randomFrom(seed);
	await using world = await World.create(random, plant);
	const faults: string[] = [];
	const refusals: string[] = [];
	const length = STEPS.fewest + random.int(STEPS.more);
	for (let count = 0; count < length; count++) {
		const code = await step(world);
		if (code !== undefined) refusals.push(code);
	}
	const { repository } = world;
	const around = async (work: () => Promise<string | undefined>) => {
		const before = repository.vault;
		if (plant === PLANTS.overwrite) repository.git("checkout", "HEAD", "--", "coffer.vault");
		const hint = await work();
		for (const key of await lostBetween(world, before, repository.vault))
			faults.push(`a hint took away the only copy of ${key}`);
		return hint;
	};
	const followed = await follow(world, around);
	if (followed === undefined) faults.push("the hints lead nowhere");
	else {
		faults.push(...(await unreadable(world)).map((fault) => `does not open: ${fault}`));
		faults.push(...(await letInUnseen(world)).map((who) => `let in again, and not named: ${who}`));
	}
	return { faults, followed: followed ?? 0, refusals, trace: world.trace };
}

async function run({ rounds, seed, plant }: TortureOptions): Promise<TortureReport> {
	const tally = new Map<string, number>();
	const count = (key: string) => tally.set(key, 1 + (tally.get(key) ?? 0));
	const failures: string[] = [];
	let played = 0;
	for (; played < rounds && !(plant && failures.length > 0); played++) {
		const roundSeed = seed + played;
		const { faults, followed, refusals, trace } = await walk(roundSeed, plant).catch(
			(error: unknown): Walk => ({
				faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
				followed: 0,
				refusals: [],
				trace: [],
			}),
		);
		count(
			followed === 0
				? "verify found nothing"
				: followed < 5
					? "a few hints were followed"
					: "five hints or more were followed",
		);
		for (const code of refusals) count(`refused: ${code}`);
		if (faults.length > 0)
			failures.push(`seed ${roundSeed}: ${faults.join("; ")}\n    ${trace.join("\n    ")}`);
	}
	dropTemplates();
	return { rounds: played, failures, tally: Object.fromEntries([...tally].sort()) };
}

export const torture: Torture = {
	name: "undo: random walks of git and Coffer, and the hints that lead back",
	rounds: { short: 12, long: 2_000 },
	plants: Object.values(PLANTS),
	run,
};
