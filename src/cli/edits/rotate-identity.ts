/**
 * A rotation of this device's identity, and the handover of the project at hand: vault, memory and platform.
 */
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import {
	beginRotation,
	filePlace,
	keychainPlace,
	openRotation,
	type Rotation,
	type RotationPlace,
} from "../../identity/rotation.ts";
import { addSuccessor, handOverVault, type Standing, standingsOf } from "../../project/members/hand-over.ts";
import { carryMemory } from "../../project/members/inherit-memory.ts";
import { removeMembers } from "../../project/members/remove-members.ts";
import type { SessionContext, SessionIdentity } from "../../project/session/session.ts";
import { prepareRemoval } from "../../sync/link/before-removal.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";
import { withIdentityLock } from "../context/device-identity.ts";
import { findTarget } from "../context/linking.ts";
import { systemKeychain } from "../context/open-project.ts";
import { type Environment, readCredentials } from "../shell/process-environment.ts";
import type { Terminal } from "../shell/terminal.ts";
import type { SyncReport } from "../views/edit-result.ts";
import { afterEdit } from "./after-edit.ts";

/**
 * Where this device's identity can be replaced.
 * @throws AppError `IDENTITY_NOT_ROTATABLE` (exit 2) where it comes by COFFER_IDENTITY
 */
export function rotationPlace({ identityFile }: Environment): RotationPlace {
	if (readCredentials().identity === undefined)
		return identityFile === undefined ? keychainPlace(systemKeychain()) : filePlace(identityFile);
	throw new AppError({
		code: "IDENTITY_NOT_ROTATABLE",
		message: "The identity comes by COFFER_IDENTITY, from a store that Coffer cannot write to.",
		hint: "Make another (coffer identity new --ci), let a writer add it (coffer members add KEY --name NAME --role reader), put its secret into that store, and let the writer remove the old one (coffer members remove NAME).",
		exit: EXIT.usage,
	});
}

/** Replaces the identity, or goes on with a rotation that is under way. @throws AppError as `beginRotation` */
export function rotate(environment: Environment, place: RotationPlace): Promise<Rotation> {
	return withIdentityLock(environment.stateDirectory, () => beginRotation(place));
}

/**
 * Adds to the refusal of somebody who is no member that a rotation may be the reason: the project was not handed over yet.
 * @returns the error to report
 */
export async function explainMembership(error: AppError, environment: Environment): Promise<AppError> {
	if (readCredentials().identity !== undefined) return error;
	const rotation = await openRotation(rotationPlace(environment)).catch(() => undefined);
	if (!rotation) return error;
	const hint =
		"The identity was replaced on this device. If the previous one was a member here, hand the project over: coffer identity rotate.";
	return error.with({ hint });
}

/** One environment, handed over. Stable. */
export interface EnvironmentHandover extends SyncReport {
	environment: string;
	/** The new member. */
	name: string;
	/** The member who left. */
	removed: string;
	epoch: number;
	resealed: number;
	/** What the previous key could read, and what earlier removals left. */
	debt: readonly RemovalDebt[];
}

/** One environment that a writer must hand over. Stable. */
export interface EnvironmentWaiting {
	environment: string;
	/** The member that is to be removed. */
	previous: string;
	/** Whether the new identity can open it already. */
	readable: boolean;
}

export interface Handover {
	environments: EnvironmentHandover[];
	waiting: EnvironmentWaiting[];
}

export interface HandoverOptions {
	readonly root: string;
	readonly stateFolder: string;
	/** Of the new member; chosen by default. */
	readonly name: string | undefined;
	readonly sync: boolean;
	readonly terminal: Terminal;
}

/** The way to an environment of the project for one of the device's identities. */
export function contextFor(
	options: Pick<HandoverOptions, "root" | "stateFolder">,
	identity: SessionIdentity,
	environment: string,
): SessionContext {
	const { root, stateFolder } = options;
	return { root, stateFolder, environment, identity, member: fingerprint(identity.publicKeys) };
}

interface Sides {
	readonly before: SessionContext;
	readonly now: SessionContext;
	readonly vaultId: string;
}

async function add({ before, now, vaultId }: Sides, options: HandoverOptions): Promise<string> {
	const { sync, terminal } = options;
	const { name, warnings } = await addSuccessor(before, now.identity, options.name);
	for (const warning of warnings) terminal.warn(warning);
	terminal.note(`Added ${name} to environment '${now.environment}'`);
	await afterEdit(before, {}, { sync, terminal });
	await carryMemory(before, now, vaultId);
	return name;
}

async function remove(
	{ now }: Sides,
	members: { name: string; removed: string },
	{ sync, terminal }: HandoverOptions,
): Promise<EnvironmentHandover> {
	const target = sync ? await findTarget(now.root, now.environment) : undefined;
	if (target) await prepareRemoval(now, target, [members.removed]);
	const { warnings, epoch, resealed, debt } = await removeMembers(now, [members.removed]);
	for (const warning of warnings) terminal.warn(warning);
	const { environment } = now;
	return afterEdit(now, { environment, ...members, epoch, resealed, debt }, { sync, terminal });
}

async function handOverOne(
	sides: Sides,
	standing: Standing,
	options: HandoverOptions,
	done: Handover,
): Promise<void> {
	const { environment, previous, present, next } = standing;
	if (previous || present) await carryMemory(sides.before, sides.now, sides.vaultId);
	if (!previous || next === "none") return;
	if (next === "wait") {
		done.waiting.push({ environment, previous: previous.name, readable: present !== undefined });
		return;
	}
	const name = present?.name ?? (await add(sides, options));
	done.environments.push(await remove(sides, { name, removed: previous.name }, options));
}

/** The error of a handover that was cut, with what was done until then. */
function cut(error: AppError, data: Handover): AppError {
	const hint = `${error.hint} Then run 'coffer identity rotate' again: it goes on where it stopped.`;
	return error.with({ hint, data });
}

/**
 * Hands each environment of a project over from the previous identity to the present one, as far as the previous one
 * was a writer. May be repeated.
 * @param done what was done is added to it
 * @throws AppError as `members add` and `members remove`, with `done` as data
 */
export async function handOver(
	{ previous, present }: Rotation,
	options: HandoverOptions,
	done: Handover,
): Promise<void> {
	const { vaultId, standings } = await standingsOf(options.root, previous, present);
	const sidesOf = (environment: string): Sides => ({
		before: contextFor(options, previous, environment),
		now: contextFor(options, present, environment),
		vaultId,
	});
	try {
		for (const standing of standings)
			await handOverOne(sidesOf(standing.environment), standing, options, done);
		const [first] = standings;
		if (first) await handOverVault(sidesOf(first.environment).before, present);
	} catch (error) {
		throw error instanceof AppError ? cut(error, done) : error;
	}
}
