/**
 * Copies a device's memory of a project from its previous identity to its current one, so that roll-backs are
 * still detected.
 */
import type { Pin, VersionMark } from "../../vault/document/version-marks.ts";
import {
	type CheckoutMemory,
	type EnvironmentMemory,
	type MemoryLocation,
	readCheckoutMemory,
	readEnvironmentMemory,
	readProjectPin,
	updateMemory,
	writeProjectPin,
} from "../memory/device-state.ts";
import { inheritTargetMemory } from "../memory/target-memory.ts";
import type { SessionContext } from "../session/session.ts";

function placeOf({ stateFolder, environment, member, identity, root }: SessionContext, vaultId: string) {
	return { folder: stateFolder, vaultId, environment, member, stateKey: identity.stateKey, root };
}

/** Whether one list of hashes equals or continues the other. */
function continues(longer: readonly string[], shorter: readonly string[]): boolean {
	return longer.length >= shorter.length && shorter.every((hash, index) => hash === longer[index]);
}

/**
 * The longer of two chains. If they diverged, returns the previous identity's chain, so that the file is compared with
 * it.
 */
function chainOf(from: readonly string[], to: readonly string[]): readonly string[] {
	return continues(to, from) ? to : from;
}

function pinOf(from: Pin | undefined, to: Pin | undefined): Pin | undefined {
	if (!from || !to) return from ?? to;
	return {
		epoch: Math.max(from.epoch, to.epoch),
		vault: chainOf(from.vault, to.vault),
		environment: chainOf(from.environment, to.environment),
	};
}

function inheritMarks(
	from: ReadonlyMap<string, VersionMark>,
	to: Map<string, VersionMark>,
	fromIsNewer: boolean,
): void {
	for (const [name, mark] of from) {
		const known = to.get(name);
		const isNewer = !known || mark.version > known.version;
		if (isNewer || (fromIsNewer && mark.version === known.version)) to.set(name, mark);
	}
}

function inheritCheckout(from: CheckoutMemory, to: CheckoutMemory, fromIsNewer: boolean): void {
	if (to.seen === "" || fromIsNewer) to.seen = from.seen;
	const [before, now] = [from.platform?.revision ?? -1, to.platform?.revision ?? -1];
	if (before > now || (fromIsNewer && before === now)) to.platform = from.platform;
	for (const [name, digests] of from.replaced)
		to.replaced.set(name, [...new Set([...digests, ...(to.replaced.get(name) ?? [])])]);
}

/** Whether the first memory has seen at least as much of the environment's membership as the second. */
function isNewer(from: EnvironmentMemory, to: EnvironmentMemory): boolean {
	return (from.pin?.environment.length ?? 0) >= (to.pin?.environment.length ?? 0);
}

/**
 * Adds one identity's memory of an environment to another identity's on the same device. Running it again
 * changes nothing.
 * @throws AppError `STATE_DAMAGED` (exit 7), `VAULT_LOCKED`, `VAULT_LOCK_FAILED`, `FILE_UNWRITABLE` (exit 1)
 */
export async function inheritMemory(
	from: SessionContext,
	to: SessionContext,
	vaultId: string,
): Promise<void> {
	const [source, target]: [MemoryLocation, MemoryLocation] = [placeOf(from, vaultId), placeOf(to, vaultId)];
	const [memory, checkout, pinned] = await Promise.all([
		readEnvironmentMemory(source),
		readCheckoutMemory(source),
		readProjectPin(source),
	]);
	if (pinned !== undefined && (await readProjectPin(target)) === undefined)
		await writeProjectPin(target, pinned);
	await inheritTargetMemory(source, target);
	if (!memory.pin && checkout.seen === "") return;
	await updateMemory(target, (known, knownCheckout) => {
		const fromIsNewer = isNewer(memory, known);
		known.pin = pinOf(memory.pin, known.pin);
		inheritMarks(memory.marks, known.marks, fromIsNewer);
		for (const [name, version] of memory.floors)
			known.floors.set(name, Math.max(version, known.floors.get(name) ?? 0));
		for (const note of memory.notes.values())
			if (!known.notes.has(note.hash)) known.notes.set(note.hash, note);
		inheritCheckout(checkout, knownCheckout, fromIsNewer);
	});
}
