import { expect, test } from "vitest";
import { testTorture } from "./in-short.ts";
import { torture } from "./mutants.torture.ts";

testTorture(torture, { seed: 20_260_101 });

test("the mutants reach every layer: text, words, hashes, signatures of links and of records, memory", async () => {
	const { tally } = await torture.run({ rounds: torture.rounds.short, seed: 7 });
	expect(Object.keys(tally)).toEqual(
		expect.arrayContaining([
			"VAULT_CONFLICTED",
			"VAULT_MALFORMED",
			"VAULT_TRUNCATED",
			"VAULT_VERSION_UNKNOWN",
			"VAULT_UNSORTED",
			"VAULT_NAME_DUPLICATE",
			"VAULT_NAME_INVALID",
			"VAULT_RECORD_MALFORMED",
			"VAULT_LINK_MALFORMED",
			"VAULT_LINK_FORGED",
			"VAULT_CHAIN_BROKEN",
			"VAULT_ID_MISMATCH",
			"VAULT_ENVIRONMENT_UNKNOWN",
			"VAULT_REPLACED",
			"MEMBERSHIP_DIVERGED",
			"RECORD_FORGED",
			"RECORD_EPOCH_UNKNOWN",
			"RECORD_AUTHOR_UNKNOWN",
			"RECORD_AUTHOR_REMOVED",
			"noticed",
		]),
	);
});
