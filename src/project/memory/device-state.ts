/**
 * What a device remembers of an environment, outside the repository: pins, marks, the platform's head and the merge
 * base. Never a value. Losing it costs detection and one full sync, never data.
 *
 * `$XDG_STATE_HOME/coffer/VAULT-ID/ENVIRONMENT/` holds `marks-MEMBER.json` (for the device) and
 * `checkout-MEMBER-PATHHASH.json` (for one working copy); `projects/MEMBER-PATHHASH.json` says which vault a folder
 * holds. Each carries a MAC whose key derives from the identity, so whoever can only write the file cannot forge it.
 */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lengthPrefixed } from "../../bytes.ts";
import { hash, toBase64 } from "../../crypto.ts";
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { removeLeftovers } from "../files/atomic-file.ts";
import { withLock } from "../files/vault-lock.ts";
import {
	type EnvironmentMemory,
	type MarkRow,
	marksOf,
	memoryFromJson,
	memoryToJson,
	rowsOf,
} from "./environment-memory.ts";
import { makeStateFolder, readSignedJson, type SignedFile, writeSignedJson } from "./signed-json.ts";

export type { EnvironmentMemory } from "./environment-memory.ts";

const LOCK_FILE = "lock";

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

/** Whose memory, of what, and where. */
export interface MemoryPlace {
	/** `$XDG_STATE_HOME/coffer`. */
	readonly folder: string;
	readonly vaultId: string;
	readonly environment: string;
	/** The identity's fingerprint. */
	readonly member: string;
	/** 32 bytes. */
	readonly stateKey: Uint8Array;
	/** Real path of the project. */
	readonly root: string;
}

function marksFile({ folder, vaultId, environment, member }: MemoryPlace): SignedFile {
	return { folder, name: `${vaultId}/${environment}/marks-${member}.json` };
}

/** A working copy's name in file names: says nothing of its path. */
function checkoutId(place: Pick<MemoryPlace, "root" | "stateKey" | "member">): string {
	const path = toBase64(hash(lengthPrefixed("coffer/checkout/1", place.root), place.stateKey)).slice(0, 22);
	return `${place.member}-${path}`;
}

function checkoutFile(place: MemoryPlace): SignedFile {
	return {
		folder: place.folder,
		name: `${place.vaultId}/${place.environment}/checkout-${checkoutId(place)}.json`,
	};
}

function projectFile(place: ProjectPlace): SignedFile {
	return { folder: place.folder, name: `projects/${checkoutId(place)}.json` };
}

/** What is needed to remember which vault a folder holds. */
export type ProjectPlace = Pick<MemoryPlace, "folder" | "member" | "stateKey" | "root">;

/** The vault id that this folder held when it was last read, or undefined. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function readProjectPin(place: ProjectPlace): Promise<string | undefined> {
	const value = await readSignedJson(projectFile(place), place.stateKey);
	return (value as { vaultId: string } | undefined)?.vaultId;
}

/** Remembers which vault the folder holds. @throws AppError `FILE_UNWRITABLE`, `VAULT_LOCK_FAILED` (exit 1) */
export async function writeProjectPin(place: ProjectPlace, vaultId: string): Promise<void> {
	const file = projectFile(place);
	const path = join(file.folder, file.name);
	await makeStateFolder(dirname(path));
	// Two environments of one folder may do this at once.
	await withLock(join(dirname(path), LOCK_FILE), async () => {
		await removeLeftovers(path);
		await writeSignedJson(file, place.stateKey, { vaultId });
	});
}

type ReplacedRow = [name: string, ...digests: string[]];

/** Reads the device's pin and marks. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function readEnvironmentMemory(place: MemoryPlace): Promise<EnvironmentMemory> {
	const value = await readSignedJson(marksFile(place), place.stateKey);
	return memoryFromJson(value);
}

async function writeEnvironmentMemory(place: MemoryPlace, memory: EnvironmentMemory): Promise<void> {
	await writeSignedJson(marksFile(place), place.stateKey, memoryToJson(memory));
}

/** Reads what is remembered of this working copy. @throws AppError `STATE_DAMAGED` (exit 7) */
export function readCheckoutMemory(place: MemoryPlace): Promise<CheckoutMemory> {
	return readCheckoutFile(checkoutFile(place), place.stateKey);
}

async function readCheckoutFile(file: SignedFile, stateKey: Uint8Array): Promise<CheckoutMemory> {
	const value = await readSignedJson(file, stateKey);
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

/** What is remembered of every working copy of this identity's on this device. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function readCheckoutMemories(place: MemoryPlace): Promise<CheckoutMemory[]> {
	const name = `${place.vaultId}/${place.environment}`;
	const entries = await readdir(join(place.folder, name)).catch(() => []);
	const files = entries.filter(
		(entry) => entry.startsWith(`checkout-${place.member}-`) && entry.endsWith(".json"),
	);
	return await Promise.all(
		files.map((file) => readCheckoutFile({ folder: place.folder, name: `${name}/${file}` }, place.stateKey)),
	);
}

async function writeCheckoutMemory(place: MemoryPlace, memory: CheckoutMemory): Promise<void> {
	const { platform: known } = memory;
	const platform = known && { ...known, base: rowsOf(known.base), reseals: [...known.reseals] };
	const rows = [...memory.replaced].map(([name, digests]): ReplacedRow => [name, ...digests]);
	const replaced = rows.length > 0 ? rows : undefined;
	const { seen, written, whole } = memory;
	await writeSignedJson(checkoutFile(place), place.stateKey, { seen, written, whole, platform, replaced });
}

/** Whether a command of this device, for any of these environments, left just this text in the working copy. */
export async function isWrittenHere(
	place: MemoryPlace,
	environments: Iterable<string>,
	digest: string,
): Promise<boolean> {
	for (const environment of environments)
		if ((await readCheckoutMemory({ ...place, environment })).written === digest) return true;
	return false;
}

/**
 * Changes what is remembered, as it is by now: whoever opened the vault a while ago may know less than another
 * process has written since, here or in another working copy.
 * @param change edits both in place; run under the environment's lock in the state folder
 * @returns what was written
 * @throws AppError `STATE_DAMAGED` (exit 7), `VAULT_LOCKED`, `VAULT_LOCK_FAILED`, `FILE_UNWRITABLE` (exit 1)
 */
export async function updateMemory(
	place: MemoryPlace,
	change: (memory: EnvironmentMemory, checkout: CheckoutMemory) => void,
): Promise<{ memory: EnvironmentMemory; checkout: CheckoutMemory }> {
	const folder = join(place.folder, place.vaultId, place.environment);
	await makeStateFolder(folder);
	return await withLock(join(folder, LOCK_FILE), async () => {
		const [memory, checkout] = await Promise.all([readEnvironmentMemory(place), readCheckoutMemory(place)]);
		change(memory, checkout);
		const files = [marksFile(place), checkoutFile(place)];
		await Promise.all(files.map(({ name }) => removeLeftovers(join(place.folder, name))));
		await writeEnvironmentMemory(place, memory);
		await writeCheckoutMemory(place, checkout);
		return { memory, checkout };
	});
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
