/**
 * The end of a rotation: the previous identity is forgotten, where nothing is known to need it.
 */
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import type { Rotation, RotationPlace } from "../../identity/rotation.ts";
import { standingsOf } from "../../project/members/hand-over.ts";
import { openedByOneOnly } from "../../project/memory/known-vaults.ts";
import { promptConfirm } from "../shell/prompts.ts";
import { count } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface ForgetOptions {
	/** The project at hand, if there is one. */
	readonly root: string | undefined;
	readonly stateFolder: string;
	/** Whether not to ask. */
	readonly yes: boolean;
	readonly terminal: Terminal;
}

async function rotationToEnd(place: RotationPlace): Promise<Rotation> {
	const [previous, present] = [await place.previous(), await place.present()];
	if (previous && present) return { previous, present, created: false };
	throw new AppError({
		code: "ROTATION_NOT_FOUND",
		message: "This device keeps no previous identity.",
		hint: "There is nothing to forget; 'coffer identity rotate' begins a rotation.",
		exit: EXIT.notFound,
	});
}

/** @throws AppError `HANDOVER_OPEN` (exit 5) where the project at hand still counts on the previous identity */
async function requireHandedOver(root: string, { previous, present }: Rotation): Promise<void> {
	const { standings } = await standingsOf(root, previous, present);
	const open = standings.filter(({ next }) => next !== "none");
	if (open.length === 0) return;
	const waits = open.every(({ next }) => next === "wait");
	throw new AppError({
		code: "HANDOVER_OPEN",
		message: `The previous identity is still a member of ${open.map(({ environment }) => `'${environment}'`).join(", ")} in this project.`,
		hint: waits
			? "A writer must add the new key and remove the previous one first: 'coffer identity rotate' says how."
			: "Hand the project over first: coffer identity rotate.",
		exit: EXIT.conflict,
	});
}

/**
 * Forgets the previous identity, after a question.
 * @returns what was ended
 * @throws AppError `ROTATION_NOT_FOUND` (exit 4), `HANDOVER_OPEN` (exit 5), `NO_TERMINAL` (exit 2), `NOT_CONFIRMED` (exit 1)
 */
export async function forgetPrevious(place: RotationPlace, options: ForgetOptions): Promise<Rotation> {
	const { root, stateFolder, yes, terminal } = options;
	const rotation = await rotationToEnd(place);
	const [before, now] = [rotation.previous, rotation.present].map(({ publicKeys }) =>
		fingerprint(publicKeys),
	);
	if (before === undefined || now === undefined) throw new TypeError("An identity has a fingerprint.");
	if (before !== now) {
		if (root !== undefined) await requireHandedOver(root, rotation);
		const left = await openedByOneOnly(stateFolder, before, now);
		for (const { vaultId, environment } of left)
			terminal.warn(
				`Opened on this device by the previous identity only: environment '${environment}' of vault ${vaultId}.`,
			);
		const risk =
			left.length > 0
				? `, and with it ${count(left.length, "environment")} that it alone has opened here`
				: "";
		const question = `Forget the previous identity (${before})${risk}?`;
		if (!yes && !(await promptConfirm(terminal, question, "Pass --yes.")))
			throw new AppError({
				code: "NOT_CONFIRMED",
				message: "Nothing was forgotten.",
				hint: "Answer yes, or pass --yes.",
				exit: EXIT.failure,
			});
	}
	await place.forgetPrevious();
	return rotation;
}
