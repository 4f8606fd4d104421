/** A device's memory of an environment in one working copy, and its JSON form. */
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { type MarkRow, marksOf } from "./environment-memory.ts";
import { printMarks } from "./mark-table.ts";

/** The position in a platform's log up to which this working copy and the platform agree. */
export interface PlatformMemory {
	app: string;
	fingerprint: string;
	/** The origin that was linked here. A changed coffer.json must not redirect requests to another origin. */
	url: string;
	revision: number;
	head: string;
	/** The version and digest of each record at that position: the merge base. */
	base: Map<string, VersionMark>;
	/** Digests of records that were re-encrypted here. They have the agreed value and the agreed version. */
	reseals: ReadonlySet<string>;
	/** The hash of a vault's text with the same records as `base`; empty for none. */
	agreed: string;
	/** The hashes of both chains' last links at that position, separated by a space. */
	header: string;
}

export interface CheckoutMemory {
	/** The hash of the vault's text that was last compared with the version marks; empty for none. */
	seen: string;
	/** The hash of the vault's text that a command for this environment last wrote here; empty for none. */
	written: string;
	/** The hash of the vault's text in which every record of the environment was verified here; empty for none. */
	whole: string;
	platform: PlatformMemory | undefined;
	/**
	 * For each name that differs from the merge base: the digests of the records that were replaced here since. If an
	 * answer of the platform was lost, the platform may have one of these.
	 */
	replaced: Map<string, readonly string[]>;
}

interface PlatformJson extends Omit<PlatformMemory, "base" | "reseals" | "agreed"> {
	readonly base: string | MarkRow[];
	readonly reseals?: string[];
	readonly agreed?: string;
}

function platformFromJson(platform: PlatformJson): PlatformMemory {
	const { agreed = "", base, reseals } = platform;
	return { ...platform, agreed, base: marksOf(base), reseals: new Set(reseals) };
}

type ReplacedRow = [name: string, ...digests: string[]];

/** @param value made by `checkoutToJson` of this version or an earlier one; undefined for an empty memory */
export function checkoutFromJson(value: object | undefined): CheckoutMemory {
	if (!value) return { seen: "", written: "", whole: "", platform: undefined, replaced: new Map() };
	const {
		seen,
		written = "",
		whole = "",
		platform,
		replaced,
	} = value as {
		seen: string;
		written?: string;
		whole?: string;
		replaced?: ReplacedRow[];
		platform?: PlatformJson;
	};
	return {
		seen,
		written,
		whole,
		platform: platform && platformFromJson(platform),
		replaced: new Map(replaced?.map(([name, ...digests]) => [name, digests])),
	};
}

export function checkoutToJson(memory: CheckoutMemory): object {
	const { platform: known } = memory;
	const platform = known && { ...known, base: printMarks(known.base).table, reseals: [...known.reseals] };
	const rows = [...memory.replaced].map(([name, digests]): ReplacedRow => [name, ...digests]);
	const replaced = rows.length > 0 ? rows : undefined;
	const { seen, written, whole } = memory;
	return { seen, written, whole, platform, replaced };
}

/** The most replaced records of one name that are remembered: the first one and the latest ones. */
const REPLACED_MAX = 16;

/**
 * Remembers which records were replaced, until the working copy and the platform agree about the name again.
 * @param checkout edited in place
 * @param records of the environment, before and after the write
 */
export function noteReplaced(
	{ replaced, platform }: CheckoutMemory,
	records: {
		readonly before: ReadonlyMap<string, SealedRecord>;
		readonly now: ReadonlyMap<string, SealedRecord> | undefined;
	},
	written: Iterable<SealedRecord>,
): void {
	for (const { name } of written) {
		const old = records.before.get(name);
		const known = replaced.get(name) ?? [];
		const digest = old && recordDigest(old);
		if (digest === undefined || known.includes(digest)) continue;
		replaced.set(name, [...known.slice(0, 1), ...known.slice(1).slice(2 - REPLACED_MAX), digest]);
	}
	for (const name of replaced.keys()) {
		const record = records.now?.get(name);
		if (record && platform?.base.get(name)?.digest === recordDigest(record)) replaced.delete(name);
	}
}
