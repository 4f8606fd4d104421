/** The short form of a torture, as tests. */
import { describe, expect, test } from "vitest";
import type { Torture } from "./torture.ts";

export interface ShortForm {
	readonly seed: number;
	readonly timeoutMs?: number;
	/** The number of rounds; by default, that of the torture's short form. */
	readonly rounds?: number;
	/**
	 * The planted bugs that it must find here; by default, all. `npm run torture -- --plants` plants every
	 * one.
	 */
	readonly plants?: readonly string[];
	/** Events that must happen at least once, by their names in the tally; by default, none. */
	readonly reaches?: readonly string[];
}

/** Registers the tests of a torture: its short form passes, and it finds planted bugs. */
export function testTorture(torture: Torture, options: ShortForm): void {
	const {
		seed,
		timeoutMs = 120_000,
		rounds = torture.rounds.short,
		plants = torture.plants,
		reaches = [],
	} = options;
	describe(torture.name, () => {
		test("passes", { timeout: timeoutMs }, async () => {
			const report = await torture.run({ rounds, seed });
			expect(report.failures).toEqual([]);
			expect(report.rounds).toBeGreaterThanOrEqual(rounds);
			expect(Object.keys(report.tally)).toEqual(expect.arrayContaining([...reaches]));
		});
		test.each(plants)("reports a planted bug: %s", { timeout: timeoutMs }, async (plant) => {
			expect(torture.plants).toContain(plant);
			const { failures } = await torture.run({ rounds: torture.rounds.short, seed, plant });
			expect(failures).not.toEqual([]);
		});
	});
}
