/**
 * Decrypts the secrets for a function's process environment at its start. The platform decrypts values nowhere else.
 */

import { lengthPrefixed } from "../../../bytes.ts";
import { hash, toBase64 } from "../../../crypto.ts";
import type { Reads } from "../../../references/evidence/reference.ts";
import { Granted } from "../../../references/plan/granted.ts";
import { environmentFor } from "../../../references/plan/plan.ts";
import { openKeys } from "../../../vault/chains/environment-keys.ts";
import type { SealedRecord } from "../../../vault/records/record.ts";
import { openRecord, verifyRecord } from "../../../vault/records/seal.ts";
import type { MemberIdentity } from "../../apps/accept-change.ts";
import type { LocalEnvironment } from "../../apps/local-environment.ts";
import { type AppState, isLive } from "../../apps/state/app-state.ts";
import { isAfter, type Moment } from "../../apps/state/moment.ts";

/** The part of an app's state that decides what a process gets. */
export type Secrets = Pick<AppState, "header" | "local" | "records">;

/**
 * The process environment of a function: the live secrets that it references, or all of them if it is dynamic. If the
 * vault and the platform both have a secret of a name, the vault's value is used.
 * @param local decrypts the secrets that the platform itself stores
 * @param verified the records whose signatures are verified; this function adds to them
 * @throws AppError with exit 7 if a record was tampered with, and exit 3 if the platform is not a member
 */
export function openEnvironment(
	state: Secrets,
	reads: Reads,
	platform: MemberIdentity,
	local: LocalEnvironment,
	verified: WeakSet<SealedRecord>,
): Map<string, string> {
	const environment = openLocal(state, reads, local);
	const live = new Map([...state.records].filter(([, record]) => isLive(record)));
	const wanted = environmentFor(reads, live);
	if (state.header === undefined || wanted.size === 0) return environment;
	const vaultEnvironment = state.header.environment;
	const keys = openKeys(vaultEnvironment, platform);
	for (const [name, record] of wanted) {
		// A chain only grows. So a signature that was valid once stays valid.
		if (!verified.has(record)) verifyRecord(vaultEnvironment, record);
		verified.add(record);
		const value = openRecord(vaultEnvironment, keys, record);
		if (value !== undefined) environment.set(name, value);
	}
	return environment;
}

function openLocal(state: Secrets, reads: Reads, local: LocalEnvironment): Map<string, string> {
	const live = new Map([...state.local].filter(([, { record }]) => isLive(record)));
	const environment = new Map<string, string>();
	for (const [name, { record }] of environmentFor(reads, live)) {
		const value = local.open(record);
		if (value !== undefined) environment.set(name, value);
	}
	return environment;
}

/** Identifies the secrets that a function gets, by their names and versions. Two processes with the same digest have the same values. */
export function environmentDigest({ local, records }: Secrets, reads: Reads): string {
	const live = new Map<string, string>();
	for (const [name, { record }] of local) if (isLive(record)) live.set(name, `local ${record.version}`);
	for (const [name, record] of records) if (isLive(record)) live.set(name, `vault ${record.version}`);
	const granted = [...environmentFor(reads, live)].sort(([a], [b]) => (a < b ? -1 : 1));
	return toBase64(hash(lengthPrefixed(...granted.flat())));
}

/** Whether a secret that the function reads has changed after a moment. */
export function changedSince(state: AppState, reads: Reads, moment: Moment): boolean {
	const granted = new Granted(reads);
	return [...state.changedAt].some(([name, at]) => isAfter(at, moment) && granted.has(name));
}
