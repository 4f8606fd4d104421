/**
 * The next epoch of an environment: a new key for those who remain, and every record sealed anew under it.
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

/** An epoch's first link, and the records under its key. They belong into the vault in one write. */
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
		message: `Environment '${state.name}' has had as many changes of its members as a vault can hold.`,
		hint: "Make another environment and copy the secrets into it.",
		exit: EXIT.usage,
	});
}

/**
 * Makes the next epoch. Each record keeps name, version, kind, value and the epoch in which its value was set.
 * @param removed signing keys of the members who leave; the author, a writer, must not be among them
 * @param open the value of a verified record; undefined for a tombstone
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
