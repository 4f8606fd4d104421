import { Flags } from "@oclif/core";
import { BaseCommand, noSyncFlag } from "../../cli/command.ts";
import { withIdentityLock } from "../../cli/context/device-identity.ts";
import { forgetPrevious } from "../../cli/edits/forget-previous.ts";
import {
	contextFor,
	type EnvironmentHandover,
	type EnvironmentWaiting,
	handOver,
	rotateIdentity,
	rotationStore,
} from "../../cli/edits/rotate-identity.ts";
import { requireKeysIgnored } from "../../cli/plaintext/key-files.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { renderSync } from "../../cli/views/edit-result.ts";
import { renderDebt } from "../../cli/views/removal-debt.ts";
import { cryptoReady } from "../../crypto.ts";
import { fingerprint, formatPublicIdentity } from "../../identity/identity.ts";
import { filesOfRotation, openRotation, type RotationStore } from "../../identity/rotation.ts";
import { currentFolder, findRoot } from "../../project/files/project-root.ts";
import { requireHandoverPermitted } from "../../project/members/hand-over.ts";

interface RotateResult {
	publicKey: string;
	fingerprint: string;
	/** The fingerprint of the identity that was replaced. */
	previous: string;
	/** Whether a new key was created; false if an earlier rotation was continued. */
	created: boolean;
	/** Whether the previous identity was forgotten. */
	forgotten: boolean;
	environments: EnvironmentHandover[];
	waiting: EnvironmentWaiting[];
}

export default class IdentityRotate extends BaseCommand<RotateResult> {
	static override summary = "Replace this device's key, and move this project to the new one";
	static override description =
		"In each environment in which the previous key is a writer, it adds the new key as a member. The new key then removes the previous one, re-encrypts everything and lists the values that the previous key could read. Run it in every project of this device; it creates a key only the first time. The device keeps the previous key until --forget-previous. If the command is interrupted, run it again: it continues.";
	static override examples = [
		"<%= config.bin %> identity rotate",
		"<%= config.bin %> identity rotate --name ana@new-laptop",
		"<%= config.bin %> identity rotate --forget-previous",
	];
	static override flags = {
		name: Flags.string({
			description:
				"name of the new member in the list of members; defaults to the previous name with a number",
			helpValue: "NAME",
		}),
		"no-sync": noSyncFlag,
		"forget-previous": Flags.boolean({
			description: "forget the previous key, after all projects use the new one",
			exclusive: ["name", "no-sync"],
		}),
		yes: Flags.boolean({
			char: "y",
			description: "do not ask for confirmation",
			dependsOn: ["forget-previous"],
		}),
	};

	protected async execute(): Promise<RotateResult> {
		const { flags } = await this.parse(IdentityRotate);
		const place = rotationStore(this.environment);
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

	/** Checks, before a key is created, that the current project can be moved to it. */
	async #check(root: string, place: RotationStore): Promise<void> {
		if (await openRotation(place)) return;
		const present = await place.present();
		const where = { root, stateFolder: this.environment.stateDirectory };
		if (present)
			await requireHandoverPermitted(root, (environment) => contextFor(where, present, environment));
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
		terminal.line(`  fingerprint  ${result.fingerprint} (previous: ${result.previous})`);
		for (const one of environments) {
			const reencrypted = `${count(one.resealed, "record")} re-encrypted, epoch ${one.epoch}`;
			terminal.line(`${MARKS.ok} ${one.environment}: ${one.name} replaces ${one.removed}; ${reencrypted}`);
			renderSync(one, one.environment, terminal);
			renderDebt(one.debt, one.environment, terminal);
		}
		for (const { environment, previous, readable } of waiting) {
			terminal.line(`${MARKS.pending} ${environment}: you are not a writer, so a writer must run:`);
			if (!readable)
				terminal.line(`  coffer members add ${result.publicKey} --name NAME --role reader -e ${environment}`);
			terminal.line(`  coffer members remove ${previous} -e ${environment}`);
		}
		if (!created && environments.length + waiting.length === 0)
			terminal.line("This project already uses the new identity.");
		if (environments.length > 0) terminal.line("Next: commit coffer.vault and push it.");
		terminal.line(
			"Then run 'coffer identity rotate' in every other project of this device. Finally: coffer identity rotate --forget-previous",
		);
		if (created)
			terminal.line(
				"An earlier export contains the previous key. To make a new export: coffer identity export FILE",
			);
	}
}
