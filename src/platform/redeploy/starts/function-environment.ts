/**
 * The one place where the platform opens values: what a function's environment holds, at the moment of a start.
 */

import type { Reads } from "../../../references/evidence/reference.ts";
import { Granted } from "../../../references/plan/granted.ts";
import { environmentFor } from "../../../references/plan/plan.ts";
import { openKeys } from "../../../vault/chains/environment-keys.ts";
import type { SealedRecord } from "../../../vault/records/record.ts";
import { openRecord, verifyRecord } from "../../../vault/records/seal.ts";
import type { MemberIdentity } from "../../apps/accept-change.ts";
import { type AppState, isLive } from "../../apps/app-state.ts";
import type { LocalEnvironment } from "../../apps/local-environment.ts";

/**
 * The environment of a function as the state has it: the live secrets that it references, all where it is dynamic. Of
 * two by one name the vault's holds.
 * @param local opens what the platform keeps by itself
 * @param verified the records whose signatures were checked before, to which this adds
 * @throws AppError exit 7 where a record was tampered with, 3 where the platform is no member
 */
export function openEnvironment(
	state: AppState,
	reads: Reads,
	platform: MemberIdentity,
	local: LocalEnvironment,
	verified: WeakSet<SealedRecord>,
): Map<string, string> {
	const environment = openLocal(state, reads, local);
	const live = new Map([...state.records].filter(([, record]) => isLive(record)));
	const wanted = environmentFor(reads, live);
	if (state.header === undefined || wanted.size === 0) return environment;
	const place = state.header.environment;
	const keys = openKeys(place, platform);
	for (const [name, record] of wanted) {
		// A chain only grows, so who might sign a record once may not lose that later.
		if (!verified.has(record)) verifyRecord(place, record);
		verified.add(record);
		const value = openRecord(place, keys, record);
		if (value !== undefined) environment.set(name, value);
	}
	return environment;
}

function openLocal(state: AppState, reads: Reads, local: LocalEnvironment): Map<string, string> {
	const own = new Map([...state.local].filter(([, { record }]) => isLive(record)));
	const environment = new Map<string, string>();
	for (const [name, { record }] of environmentFor(reads, own)) {
		const value = local.open(record);
		if (value !== undefined) environment.set(name, value);
	}
	return environment;
}

/** Whether a name that the function reads has changed after a moment. */
export function changedSince(state: AppState, reads: Reads, moment: number): boolean {
	const granted = new Granted(reads);
	return [...state.changedAt].some(([name, at]) => at > moment && granted.has(name));
}
