/**
 * What a device remembers of one working copy of an environment, and its form as JSON.
 */
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { type MarkRow, marksOf, rowsOf } from "./environment-memory.ts";

/** The last position of a platform's log that this working copy agreed with. */
export interface PlatformMemory {
	app: string;
	fingerprint: string;
	/** The origin that it was linked at: a changed coffer.json must not lead elsewhere. */
	url: string;
	revision: number;
	head: string;
	/** Version and digest of each record at that moment. */
	base: Map<string, VersionMark>;
	/** Digests of records here that hold what the base holds, sealed anew at the same version. */
	reseals: ReadonlySet<string>;
	/** The last links' hashes of both chains at that moment, joined by a blank. */
	header: string;
}

export interface CheckoutMemory {
	/** Hash of the vault file that was last held against the marks; empty for none. */
	seen: string;
	/** Hash of the text that a command for this environment last wrote here; empty for none. */
	written: string;
	/** Hash of the vault file of which every record of the environment was verified here; empty for none. */
	whole: string;
	platform: PlatformMemory | undefined;
	/**
	 * Of each name that is not as agreed with the platform: the digests of the records that were replaced here since,
	 * which the present one was made from. One of them may be what the platform holds, where its answer was lost.
	 */
	replaced: Map<string, readonly string[]>;
}

type ReplacedRow = [name: string, ...digests: string[]];

/** @param value what `checkoutToJson` made, by this version or an earlier one; undefined for an empty memory */
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
		platform?: Omit<PlatformMemory, "base" | "reseals"> & { base: MarkRow[]; reseals?: string[] };
	};
	return {
		seen,
		written,
		whole,
		platform: platform && { ...platform, base: marksOf(platform.base), reseals: new Set(platform.reseals) },
		replaced: new Map(replaced?.map(([name, ...digests]) => [name, digests])),
	};
}

/** The memory as JSON. */
export function checkoutToJson(memory: CheckoutMemory): object {
	const { platform: known } = memory;
	const platform = known && { ...known, base: rowsOf(known.base), reseals: [...known.reseals] };
	const rows = [...memory.replaced].map(([name, digests]): ReplacedRow => [name, ...digests]);
	const replaced = rows.length > 0 ? rows : undefined;
	const { seen, written, whole } = memory;
	return { seen, written, whole, platform, replaced };
}

/** How many records that one was made from are remembered: the first and the last ones. */
const REPLACED_MAX = 16;

/**
 * Notes what the written records were made from, until they are what was agreed with the platform.
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
