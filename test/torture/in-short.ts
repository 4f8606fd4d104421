/** The short form of a torture, as tests. */
import { describe, expect, test } from "vitest";
import type { Torture } from "./torture.ts";

/** What a `.test.ts` says of a torture: its short form holds, and each planted bug is caught. */
export function testTorture(torture: Torture, options: { seed: number; timeoutMs?: number }): void {
	const { seed, timeoutMs = 120_000 } = options;
	describe(torture.name, () => {
		test("holds", { timeout: timeoutMs }, async () => {
			const report = await torture.run({ rounds: torture.rounds.short, seed });
			expect(report.failures).toEqual([]);
			expect(report.rounds).toBeGreaterThanOrEqual(torture.rounds.short);
		});
		test.each(torture.plants)("catches a planted bug: %s", { timeout: timeoutMs }, async (plant) => {
			const { failures } = await torture.run({ rounds: torture.rounds.short, seed, plant });
			expect(failures).not.toEqual([]);
		});
	});
}
