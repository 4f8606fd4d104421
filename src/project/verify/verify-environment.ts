/** Strictly checks one environment of a vault (`../verify-vault.ts`). */
import { AppError } from "../../errors.ts";
import type { Link } from "../../vault/chains/chain.ts";
import { type EnvironmentKeys, openKeys } from "../../vault/chains/environment-keys.ts";
import { type EnvironmentState, verifyEnvironment } from "../../vault/chains/membership.ts";
import type { RootState } from "../../vault/chains/vault-chain.ts";
import type { EnvironmentSection, VaultDocument } from "../../vault/document/document.ts";
import {
	checkPin,
	compareVersionMarks,
	hasVersionMark,
	memoryOfLifetime,
} from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { checkSignatures, openRecord, type ValidSignatures, verifyRecord } from "../../vault/records/seal.ts";
import { isReplaced } from "../../vault/undo/absent-items.ts";
import {
	type EnvironmentMemory,
	type MemoryLocation,
	readEnvironmentMemory,
} from "../memory/device-state.ts";
import type { SessionContext, SessionIdentity } from "../session/session.ts";
import type { Findings } from "./findings.ts";
import { checkLinked, type LinkedLog } from "./verify-platform-log.ts";

/** The identity that checks the vault. Without an identity there are no keys and no version marks. */
export interface VerifyContext {
	readonly root: string;
	/** The only environment to check; all if undefined. */
	readonly environment: string | undefined;
	readonly holder: Holder | undefined;
	/** The logs of linked environments, by environment. */
	readonly logs?: ReadonlyMap<string, LinkedLog>;
}

/** An identity with its memory. */
export type Holder = Pick<SessionContext, "identity" | "member" | "stateFolder">;

/** The number of records of an environment that were checked. */
export interface CheckedEnvironment {
	readonly environment: string;
	/** The number of records whose signature was checked, tombstones included. */
	readonly verified: number;
	/** The number of these that were also opened; null if this identity has no key of the environment. */
	readonly opened: number | null;
}

interface EnvironmentLocation {
	readonly document: VaultDocument;
	readonly root: RootState;
	readonly name: string;
}

/** The outcome for one environment, with the valid signatures, which the memory needs. */
export interface EnvironmentCheck {
	readonly checked: CheckedEnvironment;
	readonly validSignatures: ValidSignatures;
}

/** Checks one environment. @returns undefined if its records cannot be checked */
export async function checkEnvironment(
	context: VerifyContext,
	{ document, root, name }: EnvironmentLocation,
	findings: Findings,
): Promise<EnvironmentCheck | undefined> {
	const section = document.environments.get(name);
	if (!section) {
		findings.add(name, null, {
			code: "VAULT_ENVIRONMENT_DROPPED",
			message: `Environment '${name}' belongs to this vault, but its section is missing.`,
			line: document.links.at(-1)?.line,
		});
		return undefined;
	}
	const place = placeOf(context, document.vaultId, name);
	const linked = context.logs?.get(name);
	const vault = { id: document.vaultId, links: document.links, section };
	const isHeld = linked !== undefined && (await checkLinked(linked, vault, place, findings));
	const stored = place && (await findings.attemptAsync(name, () => readEnvironmentMemory(place)));
	const memory =
		stored && memoryOfLifetime(stored, name, { vault: document.links, environment: section.links });
	if (memory?.pin) checkMemory(memory, document.links, section, findings);
	else if (memory && !isHeld)
		findings.unchecked.push(
			`Whether records of '${name}' were rolled back, dropped or replaced: this device has no version marks of it yet.`,
		);
	const state = findings.attempt(name, null, () =>
		verifyEnvironment(root, name, section.links, section.line),
	);
	if (!state) {
		findings.unchecked.push(`The records of '${name}': its membership is invalid.`);
		return undefined;
	}
	const keys = context.holder && keysOf(state, context.holder.identity, findings);
	const validSignatures = await checkSignatures(state, section.records.values());
	return {
		checked: checkRecords({ state, section, keys, memory, validSignatures }, findings),
		validSignatures,
	};
}

/** The location of this device's memory of the environment; undefined without an identity. */
function placeOf(
	{ holder, root }: VerifyContext,
	vaultId: string,
	environment: string,
): MemoryLocation | undefined {
	if (!holder) return undefined;
	const { stateFolder: folder, member, identity } = holder;
	return { folder, vaultId, environment, member, stateKey: identity.stateKey, root };
}

/**
 * Compares the file with the pin and the version marks. A difference for which other commands only print a warning is a
 * fault here.
 */
function checkMemory(
	memory: EnvironmentMemory,
	vaultLinks: readonly Link[],
	section: EnvironmentSection,
	findings: Findings,
): void {
	const { name, links, records } = section;
	const { pin, marks } = memory;
	if (pin) {
		const comparison = findings.attempt(name, null, () =>
			checkPin(pin, name, { vault: vaultLinks, environment: links }),
		);
		if (comparison?.older)
			findings.add(name, null, {
				code: "MEMBERSHIP_ROLLED_BACK",
				message: `The membership of '${name}' in this file is older than this device has seen.`,
				line: links.at(-1)?.line,
			});
	}
	const { rolledBack, dropped } = compareVersionMarks(marks, records);
	for (const secret of rolledBack)
		findings.add(name, secret, {
			code: "RECORD_ROLLED_BACK",
			message: `${secret} has version ${records.get(secret)?.version}; this device has seen version ${marks.get(secret)?.version}.`,
			line: records.get(secret)?.line,
		});
	for (const secret of dropped)
		findings.add(name, secret, {
			code: "RECORD_DROPPED",
			message: `${secret} is missing. This device has seen version ${marks.get(secret)?.version}, and a deletion would leave a tombstone.`,
			line: undefined,
		});
	for (const record of records.values()) if (isReplaced(memory, record)) addReplaced(name, record, findings);
}

function addReplaced(environment: string, record: SealedRecord, findings: Findings): void {
	findings.add(environment, record.name, {
		code: "RECORD_REPLACED",
		message: `${record.name} is not the record of version ${record.version} that this device has seen.`,
		line: record.line + 1,
	});
}

/** The environment's keys; undefined if the identity has none, which is reported. */
function keysOf(
	state: EnvironmentState,
	identity: SessionIdentity,
	findings: Findings,
): EnvironmentKeys | undefined {
	try {
		return openKeys(state, identity);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		if (error.code === "NOT_A_MEMBER")
			findings.unchecked.push(
				`Whether the records of '${state.name}' open: this identity is not a member of it.`,
			);
		else findings.add(state.name, null, error);
		return undefined;
	}
}

interface Opened {
	readonly state: EnvironmentState;
	readonly section: EnvironmentSection;
	readonly keys: EnvironmentKeys | undefined;
	readonly memory: EnvironmentMemory | undefined;
	readonly validSignatures: ValidSignatures;
}

function checkRecords(environment: Opened, findings: Findings): CheckedEnvironment {
	const { state, section, keys } = environment;
	let opened = 0;
	for (const record of section.records.values()) {
		if (!holds(environment, record, findings) || !keys) continue;
		const fine = findings.attempt(state.name, record.name, () => {
			openRecord(state, keys, record);
			return true;
		});
		if (fine) opened++;
	}
	return { environment: state.name, verified: section.records.size, opened: keys ? opened : null };
}

/** Checks one signature. A record that was marked before its author was removed stays valid. */
function holds(
	{ state, memory, validSignatures }: Opened,
	record: SealedRecord,
	findings: Findings,
): boolean {
	try {
		verifyRecord(state, record, validSignatures);
		return true;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		if (error.code === "RECORD_AUTHOR_REMOVED" && memory && hasVersionMark(memory.marks, record)) return true;
		findings.add(state.name, record.name, error);
		return false;
	}
}
