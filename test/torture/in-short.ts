/** The short form of a torture, as tests. */
import { describe, expect, test } from "vitest";
import type { Torture } from "./torture.ts";

export interface ShortForm {
	readonly seed: number;
	readonly timeoutMs?: number;
	/** How many rounds have to hold; the torture's own short number unless told. */
	readonly rounds?: number;
	/** The planted bugs that it has to catch here; all unless told. `npm run torture -- --plants` plants every one. */
	readonly plants?: readonly string[];
	/** What has to happen at least once, by its name in the tally; nothing unless told. */
	readonly reaches?: readonly string[];
}

/** What a `.test.ts` says of a torture: its short form holds, and planted bugs are caught. */
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
