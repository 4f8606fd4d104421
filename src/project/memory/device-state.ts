/**
 * A device's memory of an environment, stored outside the repository: the pin, version marks, the position in the
 * platform's log and the merge base. It never contains a value. If it is lost, roll-backs go unnoticed until the next
 * sync, and that sync reads the whole log; no secret is lost.
 *
 * `$XDG_STATE_HOME/coffer/VAULT-ID/ENVIRONMENT/` contains `marks-MEMBER.json` (for the device) and
 * `checkout-MEMBER-PATHHASH.json` (for one working copy). `projects/MEMBER-PATHHASH.json` names the vault of a
 * folder. Each file carries a MAC whose key derives from the identity, so write access to the files is not
 * enough to forge them.
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

/** Identifies the memory of one identity, of one environment, in one working copy. */
export interface MemoryLocation {
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

function marksFile({ folder, vaultId, environment, member }: MemoryLocation): SignedFile {
	return { folder, name: `${vaultId}/${environment}/marks-${member}.json` };
}

/** The working copy's part of a file name. It does not reveal the path. */
function checkoutId(place: Pick<MemoryLocation, "root" | "stateKey" | "member">): string {
	const path = toBase64(hash(lengthPrefixed("coffer/checkout/1", place.root), place.stateKey)).slice(0, 22);
	return `${place.member}-${path}`;
}

function checkoutFile(place: MemoryLocation): SignedFile {
	return {
		folder: place.folder,
		name: `${place.vaultId}/${place.environment}/checkout-${checkoutId(place)}.json`,
	};
}

function projectFile(place: ProjectPinLocation): SignedFile {
	return { folder: place.folder, name: `projects/${checkoutId(place)}.json` };
}

/** Identifies the memory of which vault a folder contains. */
export type ProjectPinLocation = Pick<MemoryLocation, "folder" | "member" | "stateKey" | "root">;

/**
 * The id of the vault that this folder contained when it was last read; undefined if it was never read. @throws
 * AppError `STATE_DAMAGED` (exit 7)
 */
export async function readProjectPin(place: ProjectPinLocation): Promise<string | undefined> {
	const value = await readSignedJson(projectFile(place), place.stateKey);
	return (value as { vaultId: string } | undefined)?.vaultId;
}

/** Remembers which vault a folder contains. @throws AppError `FILE_UNWRITABLE`, `VAULT_LOCK_FAILED` (exit 1) */
export async function writeProjectPin(place: ProjectPinLocation, vaultId: string): Promise<void> {
	const file = projectFile(place);
	const path = join(file.folder, file.name);
	await makeStateFolder(dirname(path));
	// Commands for two environments of one folder may write this file at the same time.
	await withLock(join(dirname(path), LOCK_FILE), async () => {
		await removeLeftovers(path);
		await writeSignedJson(file, place.stateKey, { vaultId });
	});
}

/** Reads the device's pin and version marks. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function readEnvironmentMemory(place: MemoryLocation): Promise<EnvironmentMemory> {
	const value = await readSignedJson(marksFile(place), place.stateKey);
	return memoryFromJson(value);
}

async function writeEnvironmentMemory(place: MemoryLocation, memory: EnvironmentMemory): Promise<void> {
	await writeSignedJson(marksFile(place), place.stateKey, memoryToJson(memory));
}

/** Reads the memory of this working copy. @throws AppError `STATE_DAMAGED` (exit 7) */
export function readCheckoutMemory(place: MemoryLocation): Promise<CheckoutMemory> {
	return readCheckoutFile(checkoutFile(place), place.stateKey);
}

async function readCheckoutFile(file: SignedFile, stateKey: Uint8Array): Promise<CheckoutMemory> {
	return checkoutFromJson(await readSignedJson(file, stateKey));
}

/**
 * Reads the memory of every working copy that this identity uses on this device. @throws AppError
 * `STATE_DAMAGED` (exit 7)
 */
export async function readCheckoutMemories(place: MemoryLocation): Promise<CheckoutMemory[]> {
	const files = await checkoutFiles(place);
	return await Promise.all(files.map((file) => readCheckoutFile(file, place.stateKey)));
}

/** The files of every working copy in which this identity has used the environment on this device. */
async function checkoutFiles({
	environment,
	folder,
	member,
	vaultId,
}: MemoryLocation): Promise<SignedFile[]> {
	const name = `${vaultId}/${environment}`;
	const entries = await readdir(join(folder, name)).catch(() => []);
	const own = entries.filter((entry) => entry.startsWith(`checkout-${member}-`) && entry.endsWith(".json"));
	return own.map((entry) => ({ folder, name: `${name}/${entry}` }));
}

/** Whether this identity has used the environment in another working copy on this device, which may be gone by now. */
export async function hasOtherCheckouts(place: MemoryLocation): Promise<boolean> {
	const { name } = checkoutFile(place);
	return (await checkoutFiles(place)).some((file) => file.name !== name);
}

async function writeCheckoutMemory(place: MemoryLocation, memory: CheckoutMemory): Promise<void> {
	await writeSignedJson(checkoutFile(place), place.stateKey, checkoutToJson(memory));
}

/**
 * Whether a command of this device, for any of these environments, wrote a text here.
 * @param isText whether a remembered hash is the hash of the text
 */
export async function isWrittenHere(
	place: MemoryLocation,
	environments: Iterable<string>,
	isText: (digest: string) => boolean,
): Promise<boolean> {
	for (const environment of environments)
		if (isText((await readCheckoutMemory({ ...place, environment })).written)) return true;
	return false;
}

/** Both files of an environment's memory, as this process last read or wrote them. */
export interface DeviceMemory {
	readonly memory: EnvironmentMemory;
	readonly checkout: CheckoutMemory;
	readonly stamps: readonly (FileStamp | undefined)[];
}

function stampsOf(place: MemoryLocation): (FileStamp | undefined)[] {
	return [marksFile(place), checkoutFile(place)].map(({ name }) => stampOf(join(place.folder, name)));
}

/**
 * Reads the memory of an environment and of a working copy.
 * @param known what this process last read or wrote. It is returned if both files are unchanged
 * @throws AppError `STATE_DAMAGED` (exit 7)
 */
export async function readDeviceMemory(place: MemoryLocation, known?: DeviceMemory): Promise<DeviceMemory> {
	// Taken before the files are read: a write during the read then makes the stamps too old, never too new.
	const stamps = stampsOf(place);
	if (known && stamps.every((stamp, index) => isSameStamp(stamp, known.stamps[index]))) return known;
	const [memory, checkout] = await Promise.all([readEnvironmentMemory(place), readCheckoutMemory(place)]);
	return { memory, checkout, stamps };
}

/**
 * Changes the memory, starting from what the files contain now: since the session was opened, another process
 * may have written, here or in another working copy.
 * @param change edits both in place, under the environment's lock in the state folder
 * @param known as in `readDeviceMemory`; edited in place too
 * @returns what was written
 * @throws AppError `STATE_DAMAGED` (exit 7), `VAULT_LOCKED`, `VAULT_LOCK_FAILED`, `FILE_UNWRITABLE` (exit 1)
 */
export async function updateMemory(
	place: MemoryLocation,
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
