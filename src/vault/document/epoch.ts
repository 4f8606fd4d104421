/**
 * Starts the next epoch of an environment: a new key, wrapped for the members who remain, and every record encrypted
 * again with that key.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Link, makeLink } from "../chains/chain.ts";
import {
	commitmentOf,
	type EnvironmentKeys,
	newEnvironmentKey,
	newEpochId,
	sealPreviousKey,
	wrapKey,
} from "../chains/environment-keys.ts";
import type { EnvironmentState } from "../chains/membership.ts";
import type { SealedRecord } from "../records/record.ts";
import { type Author, sealRecord } from "../records/seal.ts";
import { LIMITS } from "../syntax/syntax.ts";
import type { VerifiedEnvironment } from "./document.ts";

/** An epoch's link and the re-encrypted records. The caller must write both in one replacement of the vault's file. */
export interface NewEpoch {
	readonly link: Link;
	readonly number: number;
	readonly records: readonly SealedRecord[];
}

function epochChange(
	state: EnvironmentState,
	before: Uint8Array,
	{ epoch, key }: EnvironmentKeys,
	removed: ReadonlySet<string>,
): string[] {
	const wraps = [...state.members.values()]
		.filter(({ sign }) => !removed.has(sign))
		.sort((a, b) => (a.sign < b.sign ? -1 : 1))
		.map(({ sign, box }) => `${sign}:${wrapKey(key, box)}`);
	return [
		"epoch",
		epoch,
		commitmentOf(key, state.vaultId, state.name, epoch),
		sealPreviousKey(before, key, state, epoch),
		[...removed].sort().join(",") || "-",
		wraps.join(","),
	];
}

function epochsExhausted(state: EnvironmentState): AppError {
	return new AppError({
		code: "VAULT_FULL",
		message: `The membership of environment '${state.name}' has ${LIMITS.linksPerChain} links, which is the limit.`,
		hint: "Create another environment and copy the secrets into it.",
		exit: EXIT.usage,
	});
}

/**
 * Makes the next epoch. Each record keeps its name, version, kind, value and `since`.
 * @param removed signing keys of the members to remove; must not contain the author, who must be a writer
 * @param open returns the value of a record, which it verifies first; undefined for a tombstone
 * @throws AppError `VAULT_FULL` (exit 2) if the chain has as many links as the format allows
 */
export function makeEpoch(
	{ section, state }: VerifiedEnvironment,
	keys: EnvironmentKeys,
	author: Author,
	removed: ReadonlySet<string>,
	open: (record: SealedRecord) => string | undefined,
): NewEpoch {
	const number = state.epoch.number + 1;
	if (section.links.length >= LIMITS.linksPerChain) throw epochsExhausted(state);
	const key = newEnvironmentKey();
	const id = newEpochId(number);
	const next: EnvironmentKeys = { epoch: id, key, keyOf: (asked) => (asked === id ? key : undefined) };
	const change = epochChange(state, keys.key, next, removed);
	const context = { vaultId: state.vaultId, environment: state.name };
	const link = makeLink(context, section.links.at(-1), change, author.signing);
	const records = [...section.records.values()].map((record) => {
		const { name, version, since } = record;
		return sealRecord(state, next, author, { name, version, since, value: open(record) });
	});
	return { link, number, records };
}
