/**
 * Marks: what a device has seen of an environment before, so that a record that is rolled back, dropped or replaced
 * is noticed. Kept outside the repository (`project/memory/device-state.ts`); here is what they mean.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Link, linkHash } from "../chains/chain.ts";
import { recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";

/** The highest version of one name that was verified here, and its digest. */
export interface VersionMark {
	readonly version: number;
	readonly digest: string;
	/** Signing key of the record's author; absent where an earlier version of Coffer made the mark. */
	readonly author?: string | undefined;
	/** Whether a command of this device wrote the record, and it was not seen to come from anywhere else since. */
	readonly made?: boolean | undefined;
}

/** The hashes of both chains' links, as far as they were verified here. */
export interface Pin {
	readonly vault: readonly string[];
	readonly environment: readonly string[];
	/** The highest epoch that was seen. */
	readonly epoch: number;
}

/** How a chain in a file stands to the pinned one. */
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

/** The links of both chains that a file has. */
export interface FileChains {
	readonly vault: readonly Link[];
	readonly environment: readonly Link[];
}

/**
 * Which of the environments of a name a file has, seen from the pin: an owner may delete one and create another of its
 * name. `later`: the file's chain of the vault continues the pinned one, deletes the pinned environment and creates the
 * file's. `earlier`: it is a beginning of the pinned one, from before that. `same`: all else.
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
	const standing = compareChain(pin.vault, links.vault);
	if (standing === "older") return created(present) >= 0 && created(pinned) < 0 ? "earlier" : "same";
	if (standing === "diverged" || created(pinned) < 0) return "same";
	const deleted = changes.indexOf(`delete ${environment}`, created(pinned));
	return deleted >= 0 && created(present) > deleted ? "later" : "same";
}

/**
 * What a device remembers of the environment that a file has. Of an earlier one of its name nothing counts but the
 * vault's chain; of a later one the marks do not, since they are of other records.
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
 * Holds both chains of a file against the pin.
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
			? "coffer.vault is another vault than the one this device knows in this project."
			: `The membership of environment '${environment}' in coffer.vault is not the one that this device knows, nor a continuation of it.`,
		hint: "Nothing was read from it. To see what differs, and where the one that this device knows is kept: coffer vault verify",
		exit: EXIT.integrity,
	});
}

/** What differs from the marks for the worse. All sorted. */
export interface VersionMarkFindings {
	/** Older than what was seen. */
	readonly rolledBack: string[];
	/** Seen before, gone now. A deletion leaves a tombstone, so this is none. */
	readonly dropped: string[];
}

/** Compares an environment's records with the marks. */
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

/** Whether the marks know exactly this record, so that its signature need not be checked again. */
export function hasVersionMark(marks: ReadonlyMap<string, VersionMark>, record: SealedRecord): boolean {
	const mark = marks.get(record.name);
	return mark !== undefined && mark.version === record.version && mark.digest === recordDigest(record);
}

/**
 * Notes verified records: the highest version of each name stays.
 * @param isMade whether a command of this device has just written a record
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

/** The longer of pin and file, chain by chain. What was pinned meanwhile, and the file does not continue, stays. */
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
