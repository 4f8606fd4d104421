/** Tortures that are made of simulated schedules. */

import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { PLANTS, type Plant, plantOf } from "./plants.ts";
import type { Profile } from "./profiles.ts";
import { type Round, type RoundOptions, runRound } from "./round.ts";
import { shrink } from "./shrink.ts";

const LANES = 4;

async function explained(options: RoundOptions): Promise<string> {
	const first = await runRound(options);
	const { actions, failures, trace } = await shrink(first, (fewer) =>
		runRound({ ...options, actions: fewer }),
	);
	// Later failures of a schedule are only consequences of the first.
	const shown = trace.slice(0, 1 + trace.findIndex((line) => line.startsWith("✗")));
	return [
		`cut down to ${actions.length} of ${first.actions.length} actions, with ${failures.length} failures:`,
		...shown,
	].join("\n    ");
}

/**
 * A torture whose schedules are of these kinds, in turn.
 * @param options.plants the bugs that it must find; by default, all
 */
export function simulation(
	name: string,
	options: { profiles: readonly Profile[]; rounds: Torture["rounds"]; plants?: readonly Plant[] },
): Torture {
	const { profiles, rounds, plants = Object.keys(PLANTS) as Plant[] } = options;
	return {
		name,
		rounds,
		plants: plants.map((plant) => PLANTS[plant]),
		run: (asked) => run(profiles, asked),
	};
}

async function run(
	profiles: readonly Profile[],
	{ rounds, seed, plant }: TortureOptions,
): Promise<TortureReport> {
	const planted = plantOf(plant);
	const report = new Report();
	let next = 0;
	const lane = async () => {
		// It is enough to find a planted bug once.
		while (next < rounds && !(planted && report.failures.size > 0)) {
			const options = { seed: seed + next++, plant: planted, profiles };
			report.add(options.seed, await runRound(options));
		}
	};
	// Several schedules run at the same time, because each waits for the disk. They share nothing.
	await Promise.all(Array.from({ length: LANES }, lane));
	if (rounds === 1 && report.failures.size > 0 && !planted)
		report.failures.set(seed + 1, await explained({ seed, plant: undefined, profiles }));
	return report.done();
}

class Report {
	/** By seed. */
	readonly failures = new Map<number, string>();
	readonly #tally = new Map<string, number>();
	#rounds = 0;

	add(seed: number, { failures, profile, tally }: Round): void {
		this.#rounds++;
		for (const [what, number] of tally) this.#count(what, number);
		const [first] = failures;
		if (first === undefined) return;
		this.#count(`failed: ${profile}`, 1);
		this.failures.set(seed, `${profile}, --rounds 1 --seed ${seed}: ${first}`);
	}

	#count(what: string, by: number): void {
		this.#tally.set(what, (this.#tally.get(what) ?? 0) + by);
	}

	done(): TortureReport {
		const sorted = <T>(entries: Iterable<[T, unknown]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
		const failures = sorted(this.failures).map(([, text]) => String(text));
		const tally = Object.fromEntries(sorted(this.#tally)) as Record<string, number>;
		return { rounds: this.#rounds, failures, tally };
	}
}
