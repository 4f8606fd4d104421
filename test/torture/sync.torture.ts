/**
 * Devices that sync one environment with one platform, over a network that loses, cuts, repeats, reorders and delays,
 * while processes and platform go down: in one process, by seed. Real client, real platform, real store; only what is
 * between them, and the order of things, is the schedule's.
 */
import { PLANTS, plantOf } from "./sync/plants.ts";
import { type RoundOptions, runRound } from "./sync/round.ts";
import { shrink } from "./sync/shrink.ts";
import type { Torture, TortureOptions, TortureReport } from "./torture.ts";

async function explained(options: RoundOptions): Promise<string> {
	const first = await runRound(options);
	const { actions, failures, trace } = await shrink(first, (fewer) =>
		runRound({ ...options, actions: fewer }),
	);
	return [`cut down to ${actions.length} of ${first.actions.length} actions:`, ...trace, ...failures].join(
		"\n    ",
	);
}

export const torture: Torture = {
	name: "sync of many devices over a bad network",
	rounds: { short: 40, long: 6_000 },
	plants: Object.values(PLANTS),
	async run({ rounds, seed, plant }: TortureOptions): Promise<TortureReport> {
		const planted = plantOf(plant);
		const failures: string[] = [];
		const tally = new Map<string, number>();
		let done = 0;
		// A planted bug that is caught need not be caught again.
		while (done < rounds && !(planted && failures.length > 0)) {
			const options = { seed: seed + done, plant: planted };
			const round = await runRound(options);
			done++;
			for (const [what, number] of round.tally) tally.set(what, (tally.get(what) ?? 0) + number);
			if (round.failures.length === 0) continue;
			tally.set(`failed: ${round.profile}`, (tally.get(`failed: ${round.profile}`) ?? 0) + 1);
			const [first] = round.failures;
			failures.push(`${round.profile}, --rounds 1 --seed ${options.seed}: ${first}`);
			if (rounds === 1 && !planted) failures.push(await explained(options));
		}
		return {
			rounds: done,
			failures,
			tally: Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1))),
		};
	},
};
