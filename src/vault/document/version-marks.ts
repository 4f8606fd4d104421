/**
 * Version marks and pins: the highest version of each record, and the longest chains, that this device has verified.
 * By comparing a file with them, a device notices records that were rolled back, dropped or replaced, and chains that
 * were cut. They are stored outside the repository, in `project/memory/device-state.ts`.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Link, linkHash } from "../chains/chain.ts";
import { recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";

/** The highest version of one name that this device verified, and the digest of that record. */
export interface VersionMark {
	readonly version: number;
	readonly digest: string;
	/** Signing key of the record's author; absent if an earlier version of Coffer wrote the mark. */
	readonly author?: string | undefined;
	/** Whether a command of this device wrote the record, and it has not arrived from anywhere else since then. */
	readonly made?: boolean | undefined;
}

/** The hashes of the links of both chains that this device verified. */
export interface Pin {
	readonly vault: readonly string[];
	readonly environment: readonly string[];
	/** The number of the highest epoch that this device has seen. */
	readonly epoch: number;
}

/**
 * The result of comparing a chain with the pinned one. `longer`: it continues the pinned one. `older`: it is a
 * beginning of the pinned one. `diverged`: neither continues the other.
 */
export type ChainComparison = "same" | "longer" | "older" | "diverged";

export function compareChain(pinned: readonly string[], links: readonly Link[]): ChainComparison {
	const shared = Math.min(pinned.length, links.length);
	for (let index = 0; index < shared; index++) {
		const link = links[index];
		if (!link || linkHash(link) !== pinned[index]) return "diverged";
	}
	if (links.length === pinned.length) return "same";
	return links.length > pinned.length ? "longer" : "older";
}

/** The links of both chains in a file. */
export interface FileChains {
	readonly vault: readonly Link[];
	readonly environment: readonly Link[];
}

/**
 * Says whether the file contains the pinned environment or another one with the same name: an owner can delete an
 * environment and create a new one with its name.
 * @returns `later` if the vault's chain in the file continues the pinned one, deletes the pinned environment and then
 *   creates the file's; `earlier` if it is a beginning of the pinned one and creates the file's environment only;
 *   `same` in all other cases
 */
export function compareLifetimes(
	pin: Pick<Pin, "vault" | "environment">,
	environment: string,
	links: FileChains,
): "same" | "later" | "earlier" {
	const [pinned, first] = [pin.environment[0], links.environment[0]];
	const present = first && linkHash(first);
	if (pinned === undefined || present === undefined || pinned === present) return "same";
	const changes = links.vault.map(({ change }) => change.join(" "));
	const created = (genesis: string) => changes.indexOf(`create ${environment} ${genesis}`);
	const comparison = compareChain(pin.vault, links.vault);
	if (comparison === "older") return created(present) >= 0 && created(pinned) < 0 ? "earlier" : "same";
	if (comparison === "diverged" || created(pinned) < 0) return "same";
	const deleted = changes.indexOf(`delete ${environment}`, created(pinned));
	return deleted >= 0 && created(present) > deleted ? "later" : "same";
}

/**
 * Returns the part of a device's memory that applies to the environment in the file. If the file has a later
 * environment of that name, only the pinned chain of the vault applies. If it has an earlier one, the version marks do
 * not apply, because they are of other records.
 */
export function memoryOfLifetime<Memory extends { pin: Pin | undefined; marks: Map<string, VersionMark> }>(
	memory: Memory,
	environment: string,
	links: FileChains,
): Memory {
	const { pin } = memory;
	const life = pin ? compareLifetimes(pin, environment, links) : "same";
	if (!pin || life === "same") return memory;
	if (life === "earlier") return { ...memory, marks: new Map() };
	return { ...memory, pin: { vault: pin.vault, environment: [], epoch: 0 }, marks: new Map() };
}

/**
 * Compares both chains of a file with the pin.
 * @returns whether a chain is older than the pin, as after a switch to an older git branch
 * @throws AppError `VAULT_REPLACED` or `MEMBERSHIP_DIVERGED` (exit 7)
 */
export function checkPin(pin: Pin, environment: string, links: FileChains): { older: boolean } {
	const life = compareLifetimes(pin, environment, links);
	if (life !== "same") return { older: life === "earlier" };
	const vault = compareChain(pin.vault, links.vault);
	const members = compareChain(pin.environment, links.environment);
	if (vault !== "diverged" && members !== "diverged")
		return { older: vault === "older" || members === "older" };
	const first = links.vault[0];
	const replaced = pin.vault.length > 0 && (!first || linkHash(first) !== pin.vault[0]);
	throw new AppError({
		code: replaced ? "VAULT_REPLACED" : "MEMBERSHIP_DIVERGED",
		message: replaced
			? "coffer.vault is not the vault that this device knows in this project."
			: `The membership of environment '${environment}' in coffer.vault differs from the one that this device knows and does not continue it.`,
		hint: "No secret was read. To see what differs, and where the membership that this device knows is stored: coffer vault verify",
		exit: EXIT.integrity,
	});
}

/** The names whose records are older than their version marks, or missing. Both lists are sorted. */
export interface VersionMarkFindings {
	/** The file has a lower version than the mark. */
	readonly rolledBack: string[];
	/** The file has no record. This is not a deletion, because a deletion leaves a tombstone. */
	readonly dropped: string[];
}

/** Compares the records of an environment with the version marks. */
export function compareVersionMarks(
	marks: ReadonlyMap<string, VersionMark>,
	records: ReadonlyMap<string, SealedRecord>,
): VersionMarkFindings {
	const findings: VersionMarkFindings = { rolledBack: [], dropped: [] };
	for (const [name, mark] of marks) {
		const record = records.get(name);
		if (!record) findings.dropped.push(name);
		else if (record.version < mark.version) findings.rolledBack.push(name);
	}
	findings.rolledBack.sort(compareNames);
	findings.dropped.sort(compareNames);
	return findings;
}

/** Whether this device verified exactly this record before, so that it need not check the signature again. */
export function hasVersionMark(marks: ReadonlyMap<string, VersionMark>, record: SealedRecord): boolean {
	const mark = marks.get(record.name);
	return mark !== undefined && mark.version === record.version && mark.digest === recordDigest(record);
}

/**
 * Updates the version marks with verified records. For each name the highest version remains.
 * @param isMade whether the current command of this device wrote the record
 */
export function advanceVersionMarks(
	marks: Map<string, VersionMark>,
	records: Iterable<SealedRecord>,
	isMade: (record: SealedRecord) => boolean = () => false,
): void {
	for (const record of records) {
		const mark = marks.get(record.name);
		if (mark && record.version < mark.version) continue;
		const { author, version } = record;
		const digest = recordDigest(record);
		const made = isMade(record) || (mark?.digest === digest && mark.made === true);
		marks.set(record.name, { version, digest, author, made });
	}
}

/**
 * Returns the pin advanced to the file's chains. A pinned chain is not changed if the file's chain does not continue
 * it.
 */
export function advancePin(
	pin: Pin | undefined,
	seen: { readonly vault: readonly Link[]; readonly environment: readonly Link[]; readonly epoch: number },
): Pin {
	const advanced = (pinned: readonly string[] | undefined, links: readonly Link[]) =>
		pinned && compareChain(pinned, links) !== "longer" ? pinned : links.map(linkHash);
	return {
		epoch: Math.max(pin?.epoch ?? 0, seen.epoch),
		vault: advanced(pin?.vault, seen.vault),
		environment: advanced(pin?.environment, seen.environment),
	};
}
