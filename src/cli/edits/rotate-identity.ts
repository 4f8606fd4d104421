/**
 * Rotates this device's identity, and moves the current project to it: the vault, the device's memory, the
 * platform.
 */
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import {
	beginRotation,
	fileRotationStore,
	keychainRotationStore,
	openRotation,
	type Rotation,
	type RotationStore,
} from "../../identity/rotation.ts";
import {
	addSuccessor,
	type HandoverState,
	handOverVault,
	handoverStates,
} from "../../project/members/hand-over.ts";
import { inheritMemory } from "../../project/members/inherit-memory.ts";
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
 * The store in which this device's identity can be replaced.
 * @throws AppError `IDENTITY_NOT_ROTATABLE` (exit 2) if the identity comes from COFFER_IDENTITY
 */
export function rotationStore({ identityFile }: Environment): RotationStore {
	if (readCredentials().identity === undefined)
		return identityFile === undefined
			? keychainRotationStore(systemKeychain())
			: fileRotationStore(identityFile);
	throw new AppError({
		code: "IDENTITY_NOT_ROTATABLE",
		message: "The identity comes from COFFER_IDENTITY, and Coffer cannot replace the value of that variable.",
		hint: "1. Create another identity: coffer identity new --ci. 2. A writer adds it: coffer members add KEY --name NAME --role reader. 3. Set COFFER_IDENTITY to it. 4. The writer removes the old one: coffer members remove NAME.",
		exit: EXIT.usage,
	});
}

/** Replaces the identity, or continues a rotation that was interrupted. @throws AppError as `beginRotation` */
export function rotateIdentity(environment: Environment, place: RotationStore): Promise<Rotation> {
	return withIdentityLock(environment.stateDirectory, () => beginRotation(place));
}

/**
 * Adds to an error about missing membership that a rotation may be the cause, if there was one on this
 * device.
 * @returns the error to report
 */
export async function explainMembership(error: AppError, environment: Environment): Promise<AppError> {
	if (readCredentials().identity !== undefined) return error;
	const rotation = await openRotation(rotationStore(environment)).catch(() => undefined);
	if (!rotation) return error;
	const hint =
		"The identity was replaced on this device. If the previous one is a member here, move the project to the new one: coffer identity rotate.";
	return error.with({ hint });
}

/** An environment that was moved to the new identity. Stable: other programs rely on it. */
export interface EnvironmentHandover extends SyncReport {
	environment: string;
	/** The new member. */
	name: string;
	/** The previous member, which was removed. */
	removed: string;
	epoch: number;
	resealed: number;
	/** The values that the previous key could read, and the debt of earlier removals. */
	debt: readonly RemovalDebt[];
}

/** An environment in which only a writer can replace the identity. Stable. */
export interface EnvironmentWaiting {
	environment: string;
	/** The member that the writer removes. */
	previous: string;
	/** Whether the new identity can already open the environment. */
	readable: boolean;
}

export interface Handover {
	environments: EnvironmentHandover[];
	waiting: EnvironmentWaiting[];
}

export interface HandoverOptions {
	readonly root: string;
	readonly stateFolder: string;
	/** The name of the new member; by default, Coffer chooses one. */
	readonly name: string | undefined;
	readonly sync: boolean;
	readonly terminal: Terminal;
}

/** A session context for one of the device's two identities. */
export function contextFor(
	options: Pick<HandoverOptions, "root" | "stateFolder">,
	identity: SessionIdentity,
	environment: string,
): SessionContext {
	const { root, stateFolder } = options;
	return { root, stateFolder, environment, identity, member: fingerprint(identity.publicKeys) };
}

interface TwoContexts {
	/** For the previous identity. */
	readonly before: SessionContext;
	/** For the new identity. */
	readonly now: SessionContext;
	readonly vaultId: string;
}

async function addNewMember(
	{ before, now, vaultId }: TwoContexts,
	options: HandoverOptions,
): Promise<string> {
	const { sync, terminal } = options;
	const { name, warnings } = await addSuccessor(before, now.identity, options.name);
	for (const warning of warnings) terminal.warn(warning);
	terminal.note(`Added ${name} to environment '${now.environment}'`);
	await afterEdit(before, {}, { sync, terminal });
	await inheritMemory(before, now, vaultId);
	return name;
}

async function removePrevious(
	{ now }: TwoContexts,
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

async function handOverEnvironment(
	contexts: TwoContexts,
	state: HandoverState,
	options: HandoverOptions,
	done: Handover,
): Promise<void> {
	const { environment, previous, present, next } = state;
	if (previous || present) await inheritMemory(contexts.before, contexts.now, contexts.vaultId);
	if (!previous || next === "none") return;
	if (next === "wait") {
		done.waiting.push({ environment, previous: previous.name, readable: present !== undefined });
		return;
	}
	const name = present?.name ?? (await addNewMember(contexts, options));
	done.environments.push(await removePrevious(contexts, { name, removed: previous.name }, options));
}

/** The error of a handover that stopped early, with the result until then. */
function interruptedHandover(error: AppError, data: Handover): AppError {
	const hint = `${error.hint} Then run 'coffer identity rotate' again: it continues where it stopped.`;
	return error.with({ hint, data });
}

/**
 * Replaces the previous identity with the new one in each environment in which the previous one is a writer. It is safe
 * to run again.
 * @param done gets an entry for each environment
 * @throws AppError as `members add` and `members remove`, with `done` as data
 */
export async function handOver(
	{ previous, present }: Rotation,
	options: HandoverOptions,
	done: Handover,
): Promise<void> {
	const { vaultId, states } = await handoverStates(options.root, previous, present);
	const contextsOf = (environment: string): TwoContexts => ({
		before: contextFor(options, previous, environment),
		now: contextFor(options, present, environment),
		vaultId,
	});
	try {
		for (const state of states)
			await handOverEnvironment(contextsOf(state.environment), state, options, done);
		const [first] = states;
		if (first) await handOverVault(contextsOf(first.environment).before, present);
	} catch (error) {
		throw error instanceof AppError ? interruptedHandover(error, done) : error;
	}
}
