import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { withIdentityLock } from "../../cli/context/device-identity.ts";
import { forgetPrevious } from "../../cli/edits/forget-previous.ts";
import {
	contextFor,
	type EnvironmentHandover,
	type EnvironmentWaiting,
	handOver,
	rotateIdentity,
	rotationPlace,
} from "../../cli/edits/rotate-identity.ts";
import { requireKeysIgnored } from "../../cli/plaintext/key-files.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderSync } from "../../cli/views/edit-result.ts";
import { renderDebt } from "../../cli/views/removal-debt.ts";
import { cryptoReady } from "../../crypto.ts";
import { fingerprint, formatPublicIdentity } from "../../identity/identity.ts";
import { filesOfRotation, openRotation, type RotationPlace } from "../../identity/rotation.ts";
import { currentFolder, findRoot } from "../../project/files/project-root.ts";
import { requireHandable } from "../../project/members/hand-over.ts";

interface RotateResult {
	publicKey: string;
	fingerprint: string;
	/** Fingerprint of the identity that was replaced. */
	previous: string;
	/** Whether the key was made now; else an earlier rotation went on. */
	created: boolean;
	/** Whether the previous identity was forgotten. */
	forgotten: boolean;
	environments: EnvironmentHandover[];
	waiting: EnvironmentWaiting[];
}

export default class IdentityRotate extends BaseCommand<RotateResult> {
	static override summary = "Replace this device's key, and hand this project over to the new one";
	static override description =
		"In each environment in which the key before is a writer, it adds the new one, which then removes it: a new epoch, everything sealed anew, and a list of what the key before could read. Run it in every project of this device: after the first, no further key is made. The key before is kept until --forget-previous. A command that was cut goes on when it is run again.";
	static override examples = [
		"<%= config.bin %> identity rotate",
		"<%= config.bin %> identity rotate --name ana@new-laptop",
		"<%= config.bin %> identity rotate --forget-previous",
	];
	static override flags = {
		name: Flags.string({
			description: "what teammates see in the list of members; by default the name before with a number",
			helpValue: "NAME",
		}),
		"no-sync": Flags.boolean({ description: "change the vault only" }),
		"forget-previous": Flags.boolean({
			description: "forget the key before, when all projects are handed over",
			exclusive: ["name", "no-sync"],
		}),
		yes: Flags.boolean({ char: "y", description: "do not ask", dependsOn: ["forget-previous"] }),
	};

	protected async execute(): Promise<RotateResult> {
		const { flags } = await this.parse(IdentityRotate);
		const place = rotationPlace(this.environment);
		await cryptoReady;
		const root = findRoot(currentFolder());
		const where = { root, stateFolder: this.environment.stateDirectory };
		if (flags["forget-previous"]) {
			const options = { ...where, yes: flags.yes, terminal: this.terminal };
			const rotation = await withIdentityLock(where.stateFolder, () => forgetPrevious(place, options));
			return { ...this.#describe(rotation), forgotten: true };
		}
		const { identityFile } = this.environment;
		if (identityFile !== undefined) await requireKeysIgnored(await filesOfRotation(identityFile));
		if (root !== undefined) await this.#check(root, place);
		const rotation = await rotateIdentity(this.environment, place);
		const result = this.#describe(rotation);
		if (root === undefined) return result;
		const { name, "no-sync": noSync } = flags;
		await handOver(rotation, { ...where, root, name, sync: !noSync, terminal: this.terminal }, result);
		return result;
	}

	/** Makes no key that the project at hand could not be handed over to. */
	async #check(root: string, place: RotationPlace): Promise<void> {
		if (await openRotation(place)) return;
		const present = await place.present();
		const where = { root, stateFolder: this.environment.stateDirectory };
		if (present) await requireHandable(root, (environment) => contextFor(where, present, environment));
	}

	#describe({ present, previous, created }: Awaited<ReturnType<typeof rotateIdentity>>): RotateResult {
		return {
			publicKey: formatPublicIdentity(present.publicKeys),
			fingerprint: fingerprint(present.publicKeys),
			previous: fingerprint(previous.publicKeys),
			created,
			forgotten: false,
			environments: [],
			waiting: [],
		};
	}

	protected render(result: RotateResult, terminal: Terminal): void {
		const { created, forgotten, environments, waiting } = result;
		if (forgotten) {
			terminal.line(`${MARKS.ok} Forgot the previous identity (${result.previous})`);
			return;
		}
		if (created) terminal.line(`${MARKS.ok} Replaced the identity of this device`);
		terminal.line(`  fingerprint  ${result.fingerprint} (before: ${result.previous})`);
		for (const one of environments) {
			const sealed = `${count(one.resealed, "record")} sealed anew, epoch ${one.epoch}`;
			terminal.line(
				`${MARKS.ok} ${one.environment}: ${one.name} took the place of ${one.removed}; ${sealed}`,
			);
			renderSync(one, one.environment, terminal);
			renderDebt(one.debt, one.environment, terminal);
		}
		for (const { environment, previous, readable } of waiting) {
			terminal.line(`${MARKS.pending} ${environment}: a writer of it must do it, since you are none:`);
			if (!readable)
				terminal.line(`  coffer members add ${result.publicKey} --name NAME --role reader -e ${environment}`);
			terminal.line(`  coffer members remove ${previous} -e ${environment}`);
		}
		if (!created && environments.length + waiting.length === 0)
			terminal.line("There is nothing to hand over here; no further key was made.");
		if (environments.length > 0) terminal.line("Next: commit coffer.vault, and push it.");
		terminal.line(
			"Then, in every other project of this device: coffer identity rotate. At last: coffer identity rotate --forget-previous",
		);
		if (created)
			terminal.line("An export holds the key before: make another one (coffer identity export FILE).");
	}
}
