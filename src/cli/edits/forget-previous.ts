/** Ends a rotation: forgets the previous identity, unless the project still needs it. */
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import type { Rotation, RotationStore } from "../../identity/rotation.ts";
import { handoverStates } from "../../project/members/hand-over.ts";
import { environmentsOpenedOnlyBy } from "../../project/memory/known-vaults.ts";
import { confirmYes } from "../context/confirm.ts";
import { count } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface ForgetOptions {
	/** The root of the current project, if there is one. */
	readonly root: string | undefined;
	readonly stateFolder: string;
	/** Whether to skip the question. */
	readonly yes: boolean;
	readonly terminal: Terminal;
}

async function openRotationToEnd(place: RotationStore): Promise<Rotation> {
	const [previous, present] = [await place.previous(), await place.present()];
	if (previous && present) return { previous, present, created: false };
	throw new AppError({
		code: "ROTATION_NOT_FOUND",
		message: "This device has no previous identity to forget.",
		hint: "'coffer identity rotate' begins a rotation.",
		exit: EXIT.notFound,
	});
}

/**
 * @throws AppError `HANDOVER_OPEN` (exit 5) if the previous identity is still a member in the current project
 */
async function requireHandedOver(root: string, { previous, present }: Rotation): Promise<void> {
	const { states } = await handoverStates(root, previous, present);
	const open = states.filter(({ next }) => next !== "none");
	if (open.length === 0) return;
	const waits = open.every(({ next }) => next === "wait");
	throw new AppError({
		code: "HANDOVER_OPEN",
		message: `The previous identity is still a member of ${open.map(({ environment }) => `'${environment}'`).join(", ")} in this project.`,
		hint: waits
			? "A writer must first add the new key and remove the previous one. 'coffer identity rotate' shows how."
			: "Move the project to the new identity first: coffer identity rotate.",
		exit: EXIT.conflict,
	});
}

/**
 * Forgets the previous identity, after the user confirms.
 * @returns the rotation that ended
 * @throws AppError `ROTATION_NOT_FOUND` (exit 4), `HANDOVER_OPEN` (exit 5), `NO_TERMINAL` (exit 2),
 *   `NOT_CONFIRMED` (exit 1)
 */
export async function forgetPrevious(place: RotationStore, options: ForgetOptions): Promise<Rotation> {
	const { root, stateFolder, yes, terminal } = options;
	const rotation = await openRotationToEnd(place);
	const [before, now] = [rotation.previous, rotation.present].map(({ publicKeys }) =>
		fingerprint(publicKeys),
	);
	if (before === undefined || now === undefined) throw new TypeError("An identity has a fingerprint.");
	if (before !== now) {
		if (root !== undefined) await requireHandedOver(root, rotation);
		const left = await environmentsOpenedOnlyBy(stateFolder, before, now);
		for (const { vaultId, environment } of left)
			terminal.warn(
				`On this device, only the previous identity has opened environment '${environment}' of vault ${vaultId}.`,
			);
		const risk =
			left.length > 0
				? `, the only one that has opened ${count(left.length, "environment")} on this device`
				: "";
		const question = `Forget the previous identity (${before})${risk}?`;
		if (!yes) await confirmYes(terminal, question, "Nothing was forgotten.");
	}
	await place.forgetPrevious();
	return rotation;
}
