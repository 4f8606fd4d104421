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
import { type FileStamp, isSameStamp, removeLeftovers, stampOf } from "../files/atomic-file.ts";
import { withLock } from "../files/vault-lock.ts";
import { type CheckoutMemory, checkoutFromJson, checkoutToJson } from "./checkout-memory.ts";
import { type EnvironmentMemory, memoryFromJson, memoryToJson } from "./environment-memory.ts";
import { makeStateFolder, readSignedJson, type SignedFile, writeSignedJson } from "./signed-json.ts";

export { type CheckoutMemory, noteReplaced, type PlatformMemory } from "./checkout-memory.ts";
export type { EnvironmentMemory } from "./environment-memory.ts";

const LOCK_FILE = "lock";

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
	return checkoutFromJson(await readSignedJson(file, stateKey));
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
	await writeSignedJson(checkoutFile(place), place.stateKey, checkoutToJson(memory));
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

/** Both files of an environment's memory as this process read or wrote them last. */
export interface DeviceMemory {
	readonly memory: EnvironmentMemory;
	readonly checkout: CheckoutMemory;
	readonly stamps: readonly (FileStamp | undefined)[];
}

function stampsOf(place: MemoryPlace): (FileStamp | undefined)[] {
	return [marksFile(place), checkoutFile(place)].map(({ name }) => stampOf(join(place.folder, name)));
}

/**
 * Reads what a device remembers of an environment and of a working copy.
 * @param known what this process read or wrote last. It is returned if both files are still the same
 * @throws AppError `STATE_DAMAGED` (exit 7)
 */
export async function readDeviceMemory(place: MemoryPlace, known?: DeviceMemory): Promise<DeviceMemory> {
	// Taken before the files are read: a write during the read then makes the stamps too old, never too new.
	const stamps = stampsOf(place);
	if (known && stamps.every((stamp, index) => isSameStamp(stamp, known.stamps[index]))) return known;
	const [memory, checkout] = await Promise.all([readEnvironmentMemory(place), readCheckoutMemory(place)]);
	return { memory, checkout, stamps };
}

/**
 * Changes what is remembered, as it is by now: whoever opened the vault a while ago may know less than another
 * process has written since, here or in another working copy.
 * @param change edits both in place; run under the environment's lock in the state folder
 * @param known as in `readDeviceMemory`; edited too
 * @returns what was written
 * @throws AppError `STATE_DAMAGED` (exit 7), `VAULT_LOCKED`, `VAULT_LOCK_FAILED`, `FILE_UNWRITABLE` (exit 1)
 */
export async function updateMemory(
	place: MemoryPlace,
	change: (memory: EnvironmentMemory, checkout: CheckoutMemory) => void,
	known?: DeviceMemory,
): Promise<DeviceMemory> {
	const folder = join(place.folder, place.vaultId, place.environment);
	await makeStateFolder(folder);
	return await withLock(join(folder, LOCK_FILE), async () => {
		const { memory, checkout } = await readDeviceMemory(place, known);
		change(memory, checkout);
		const files = [marksFile(place), checkoutFile(place)];
		await Promise.all(files.map(({ name }) => removeLeftovers(join(place.folder, name))));
		await writeEnvironmentMemory(place, memory);
		await writeCheckoutMemory(place, checkout);
		return { memory, checkout, stamps: stampsOf(place) };
	});
}
