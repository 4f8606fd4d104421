/** One schedule, from a seed or from a list of actions. */

import { type Random, randomFrom } from "../random.ts";
import type { Plant } from "./plants.ts";
import { Chooser, PROFILES, type Profile } from "./profiles.ts";
import type { Action } from "./world/actions.ts";
import { apply } from "./world/apply.ts";
import { check } from "./world/checks.ts";
import { CutChooser } from "./world/cuts.ts";
import { heal } from "./world/heal.ts";
import { withWorld } from "./world/setup.ts";
import type { World } from "./world/world.ts";

export interface Round {
	readonly profile: string;
	readonly actions: readonly Action[];
	readonly failures: readonly string[];
	readonly trace: readonly string[];
	readonly tally: ReadonlyMap<string, number>;
}

export interface RoundOptions {
	readonly seed: number;
	readonly plant: Plant | undefined;
	/** Replaces the actions of the seed. Actions that are not possible are skipped. */
	readonly actions?: readonly Action[] | undefined;
	/** The profiles to choose from. */
	readonly profiles: readonly Profile[];
}

/** Runs a schedule to its end, and checks the result. */
export async function runRound(options: RoundOptions): Promise<Round> {
	const { actions, plant, profiles, seed } = options;
	const profile = profiles[seed % profiles.length] as Profile;
	const [beginning, choices, end] = [1, 2, 3].map((part) => randomFrom(seed * 4 + part)) as [
		Random,
		Random,
		Random,
	];
	return await withWorld({ profile, random: beginning, plant }, async (world) => {
		const done = actions
			? await replay(world, actions)
			: await choose(world, chooserOf(options, profile, choices));
		try {
			await heal(world, end);
			await check(world);
		} catch (error) {
			world.end(error);
		}
		return report(world, profile, done);
	});
}

async function replay(world: World, actions: readonly Action[]): Promise<readonly Action[]> {
	const done: Action[] = [];
	for (const action of actions) if (await apply(world, action)) done.push(action);
	return done;
}

/** Consecutive seeds combine each message of the script with each fault. */
function chooserOf({ profiles, seed }: RoundOptions, profile: Profile, random: Random): Chooser | CutChooser {
	if (profile === PROFILES.cuts) return new CutChooser(Math.floor(seed / profiles.length));
	return new Chooser(profile, random);
}

async function choose(world: World, chooser: Chooser | CutChooser): Promise<readonly Action[]> {
	const done: Action[] = [];
	for (let action = chooser.next(world); action && !world.isOver; action = chooser.next(world)) {
		await apply(world, action);
		done.push(action);
	}
	return done;
}

function report(world: World, profile: Profile, actions: readonly Action[]): Round {
	world.count(`schedules: ${profile.name}`);
	world.count("revisions", world.platform.revision);
	for (const [status, count] of world.network.statuses) world.count(`answers: ${status}`, count);
	const { failures, tally, trace } = world;
	return { profile: profile.name, actions, failures, tally, trace };
}
