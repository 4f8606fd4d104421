/**
 * Strictly checks one environment against the log of the platform that it is linked with
 * (`../verify-vault.ts`).
 */

import { AppError, EXIT } from "../../errors.ts";
import type { Link } from "../../vault/chains/chain.ts";
import { linkHash } from "../../vault/chains/chain.ts";
import type { EnvironmentSection } from "../../vault/document/document.ts";
import { compareChain } from "../../vault/document/version-marks.ts";
import { isReencryption, recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import type { PlatformBinding } from "../files/config.ts";
import { type MemoryLocation, type PlatformMemory, readCheckoutMemory } from "../memory/device-state.ts";
import { rememberedPlatform } from "../session/sync-state.ts";
import type { Findings } from "./findings.ts";

/** The links and records of an environment in a platform's log, verified. */
export interface LogMarks {
	readonly revision: number;
	/** Both chains of the last header; empty for an empty log. */
	readonly links: { readonly vault: readonly Link[]; readonly environment: readonly Link[] };
	/** The latest record of each name. */
	readonly records: ReadonlyMap<string, SealedRecord>;
}

/** A linked environment's log, or the error that prevented reading it. */
export interface LinkedLog {
	readonly binding: PlatformBinding;
	readonly log: LogMarks | AppError;
}

interface VerifiedSide {
	readonly section: EnvironmentSection;
	readonly vaultLinks: readonly Link[];
	readonly log: LogMarks;
	/** The state on which this working copy and that platform last agreed; undefined if it never synced. */
	readonly memory: PlatformMemory | undefined;
}

type LogComparison = "fine" | "behind" | "rolledBack" | "dropped" | "replaced";

/**
 * Compares a record with the log's record of the same name. If the working copy has synced, the agreed state is
 * compared too: an agreed record is behind the log and not rolled back, and a record that was changed here since is
 * pending.
 */
function compareWithLog({ section, memory }: VerifiedSide, theirs: SealedRecord): LogComparison {
	const ours = section.records.get(theirs.name);
	const agreed = memory?.base.get(theirs.name);
	if (!ours) return memory && !agreed ? "behind" : "dropped";
	if (ours.body === theirs.body || isReencryption(ours, theirs)) return "fine";
	// Only this working copy changed the record: the platform has nothing newer.
	if (agreed?.digest === recordDigest(theirs) && ours.version > theirs.version) return "fine";
	if (memory && (agreed?.digest === recordDigest(ours) || ours.version > (agreed?.version ?? 0)))
		return "behind";
	if (ours.version > theirs.version) return "fine";
	if (isReencryption(theirs, ours)) return "behind";
	return ours.version < theirs.version ? "rolledBack" : "replaced";
}

function checkMembership({ section, vaultLinks, log, memory }: VerifiedSide, findings: Findings): boolean {
	const [vault, members] = [
		compareChain(log.links.vault.map(linkHash), vaultLinks),
		compareChain(log.links.environment.map(linkHash), section.links),
	];
	if (vault === "diverged" || members === "diverged") {
		findings.add(section.name, null, {
			code: "MEMBERSHIP_DIVERGED",
			message: `The membership of '${section.name}' differs from the one in the platform's log, and does not continue it.`,
			line: section.links.at(-1)?.line,
		});
		return false;
	}
	if (vault !== "older" && members !== "older") return false;
	if (memory) return true;
	findings.add(section.name, null, {
		code: "MEMBERSHIP_ROLLED_BACK",
		message: `The membership of '${section.name}' in this file is older than the one in the platform's log.`,
		line: section.links.at(-1)?.line,
	});
	return false;
}

/** Exit statuses of errors that only mean that the log cannot be read now, or not from this device. */
const ABSENT: readonly number[] = [EXIT.network, EXIT.unauthorised, EXIT.notFound];

/**
 * Checks an environment against its platform's log.
 * @param place the location of this device's memory; undefined without an identity
 * @returns whether the log could be read
 */
export async function checkLinked(
	{ binding, log }: LinkedLog,
	vault: { readonly id: string; readonly links: readonly Link[]; readonly section: EnvironmentSection },
	place: MemoryLocation | undefined,
	findings: Findings,
): Promise<boolean> {
	const { name } = vault.section;
	if (binding.vault !== vault.id) {
		const message = `coffer.json links '${name}' for another vault (${binding.vault}) than this one.`;
		findings.add(name, null, { code: "LINK_FOREIGN", message, line: 1 });
		return false;
	}
	if (log instanceof AppError) {
		if (!ABSENT.includes(log.exit)) findings.add(name, null, log);
		else findings.unchecked.push(`What the platform of '${name}' has: ${log.message}`);
		return false;
	}
	const checkout = place && (await findings.attemptAsync(name, () => readCheckoutMemory(place)));
	const memory = checkout && rememberedPlatform(checkout, binding);
	const synced = memory && memory.revision > 0 ? memory : undefined;
	checkLog({ section: vault.section, vaultLinks: vault.links, log, memory: synced }, findings);
	return true;
}

/** Compares an environment with the log strictly. Records that are only behind it are listed as unchecked. */
function checkLog(held: VerifiedSide, findings: Findings): void {
	const { section, log } = held;
	const { name: environment, records } = section;
	const behind: string[] = checkMembership(held, findings) ? ["its members"] : [];
	for (const theirs of [...log.records.values()].sort((a, b) => compareNames(a.name, b.name))) {
		const { name, version } = theirs;
		const ours = records.get(name);
		const comparison = compareWithLog(held, theirs);
		if (comparison === "behind") behind.push(name);
		else if (comparison === "rolledBack")
			findings.add(environment, name, {
				code: "RECORD_ROLLED_BACK",
				message: `${name} has version ${ours?.version}; the platform's log has version ${version}.`,
				line: ours?.line,
			});
		else if (comparison === "dropped")
			findings.add(environment, name, {
				code: "RECORD_DROPPED",
				message: `${name} is missing. The platform's log has version ${version}, and a deletion would leave a tombstone.`,
				line: undefined,
			});
		else if (comparison === "replaced")
			findings.add(environment, name, {
				code: "RECORD_REPLACED",
				message: `${name} is not the record of version ${version} in the platform's log.`,
				line: ours && ours.line + 1,
			});
	}
	if (behind.length > 0)
		findings.unchecked.push(
			`Newer on the platform of '${environment}' (coffer sync takes them): ${behind.join(", ")}.`,
		);
}
