import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { requireIdentity } from "../../cli/context/open-project.ts";
import { promptConfirm, promptText } from "../../cli/shell/prompts.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { previousIdentity, searchPlaces } from "../../cli/undo/diagnosis.ts";
import {
	type AcceptReport,
	acceptReport,
	renderLacking,
	renderLetIn,
	waysHint,
} from "../../cli/undo/report.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { accept, diagnose } from "../../project/undo/accept.ts";
import { planAcceptance } from "../../project/undo/acceptance.ts";
import { acceptReplaced, findReplaced, type Replaced } from "../../project/undo/replaced.ts";
import type { SurveyContext } from "../../project/undo/survey.ts";

export default class VaultAccept extends BaseCommand<AcceptReport> {
	static override summary = "Accept the vault as it is, and forget the changes that it lacks";
	static override description =
		"Use this if changes of coffer.vault were undone with git on purpose. This device remembers members, environments, keys and secrets that the file no longer has, and refuses to work with the file. The command lists these changes. It forgets those that this device made and never sent, after you confirm. Changes that git still has, or that others made, stay remembered, unless you add --all and type a code. Changes that a linked platform has stay remembered in any case, because a sync brings them back. The vault itself is not changed.";
	static override examples = [
		"<%= config.bin %> vault accept",
		"<%= config.bin %> vault accept --yes",
		"<%= config.bin %> vault accept --all",
	];
	static override flags = {
		all: Flags.boolean({ description: "also forget changes that others made, or that exist elsewhere" }),
		yes: Flags.boolean({
			char: "y",
			description: "do not ask for confirmation; does not replace the code for --all",
		}),
		confirm: Flags.string({
			description: "code from the confirmation question, to pass it without a terminal",
			helpValue: "CODE",
		}),
		offline: Flags.boolean({ description: "do not contact linked platforms" }),
	};

	/** Whether the changes were already printed before the question. */
	#isShown = false;

	protected async execute(): Promise<AcceptReport> {
		const { flags } = await this.parse(VaultAccept);
		const root = requireRoot(currentFolder());
		const [{ identity }] = await Promise.all([requireIdentity(this.environment), cryptoReady]);
		const context: SurveyContext = {
			root,
			identity,
			member: fingerprint(identity.publicKeys),
			stateFolder: this.environment.stateDirectory,
			previous: await previousIdentity(this.environment),
		};
		const replaced = await findReplaced(context);
		if (replaced) return this.#acceptReplaced(context, replaced, flags);
		const looking = await searchPlaces(root, flags.offline);
		const diagnosis = await diagnose(context, looking);
		for (const note of diagnosis.whereabouts.notes) this.terminal.warn(note);
		const plan = planAcceptance(diagnosis.document, diagnosis.surveys, diagnosis.whereabouts, flags.all);
		const report = acceptReport(diagnosis, plan, false);
		if (plan.forgotten.length === 0)
			return nothingToForget(
				report,
				plan.kept.every(({ isLogged }) => isLogged),
			);
		const isStrong = plan.forgotten.some(({ kind }) => kind !== "undone");
		await this.confirm({ code: plan.code, isStrong }, report, flags);
		await accept(context, looking, plan, flags.all);
		return { ...report, accepted: true };
	}

	/** Accepts another vault than the one that was in this folder before. */
	async #acceptReplaced(
		context: SurveyContext,
		{ before, code, now }: Replaced,
		flags: { yes: boolean; confirm?: string | undefined },
	): Promise<AcceptReport> {
		const none = { letIn: [], forgotten: [], kept: [], ways: [] };
		const report: AcceptReport = { accepted: false, replaced: { before, now }, ...none };
		await this.confirm({ code, isStrong: true }, report, flags);
		await acceptReplaced(context, { before, code, now });
		return { ...report, accepted: true };
	}

	/** @throws AppError `NO_TERMINAL` (exit 2), `NOT_CONFIRMED` (exit 1) */
	private async confirm(
		{ code, isStrong }: { code: string; isStrong: boolean },
		report: AcceptReport,
		{ yes, confirm }: { yes: boolean; confirm?: string | undefined },
	): Promise<void> {
		if (confirm !== undefined ? confirm === code : yes && !isStrong) return;
		const instead = isStrong ? `coffer vault accept --all --confirm ${code}` : "coffer vault accept --yes";
		if (confirm !== undefined || !this.terminal.interactive)
			throw notConfirmed(confirm !== undefined, instead, report);
		this.render(report, this.terminal);
		this.#isShown = true;
		const question = isStrong
			? `This cannot be undone. Type ${code} to forget these changes`
			: "Forget these changes?";
		const isSure = isStrong
			? (await promptText(this.terminal, question, instead)).trim() === code
			: await promptConfirm(this.terminal, question, instead);
		if (isSure) return;
		throw new AppError({
			code: "NOT_CONFIRMED",
			message: "Nothing was forgotten.",
			hint: waysHint(report.ways),
			exit: EXIT.failure,
		});
	}

	protected render(report: AcceptReport, terminal: Terminal): void {
		const { accepted, forgotten, kept, letIn, replaced } = report;
		if (replaced) {
			terminal.line(`  before  ${replaced.before}`);
			terminal.line(`  now     ${replaced.now}`);
			if (accepted) terminal.line(`${MARKS.ok} Accepted the present vault for this folder`);
			else
				terminal.line(
					"This folder had another vault before. Compare the id of the present one with a teammate's",
				);
			return;
		}
		if (accepted) {
			if (!this.#isShown) {
				renderLetIn(letIn, terminal);
				renderLacking(forgotten, terminal);
			}
			terminal.line(
				`${MARKS.ok} Forgot ${count(forgotten.length, "change")} that coffer.vault does not have`,
			);
			return;
		}
		renderLetIn(letIn, terminal);
		if (forgotten.length > 0) {
			terminal.line("Will be forgotten:");
			renderLacking(forgotten, terminal);
		}
		if (kept.length > 0) {
			terminal.line("Will stay remembered:");
			renderLacking(kept, terminal);
		}
		if (forgotten.length + kept.length === 0)
			terminal.line("There is nothing to accept: coffer.vault has every change that this device has seen");
	}
}

/** The error for a wrong code, or for a missing confirmation without a terminal. */
function notConfirmed(isWrongCode: boolean, instead: string, report: AcceptReport): AppError {
	const hint = `To forget the listed changes: ${instead}`;
	if (isWrongCode)
		return new AppError({
			code: "NOT_CONFIRMED",
			message: "The code is for another set of changes than the listed ones.",
			hint,
			exit: EXIT.failure,
			data: report,
		});
	return new AppError({
		code: "NO_TERMINAL",
		message: "Forgetting changes needs a confirmation, and there is no terminal to ask on.",
		hint,
		exit: EXIT.usage,
		data: report,
	});
}

/**
 * @param isLogged whether a linked platform has all changes that the vault lacks
 * @throws AppError `NOTHING_UNDONE` (exit 7) if the vault lacks changes, but none that only this device had
 */
function nothingToForget(report: AcceptReport, isLogged: boolean): AcceptReport {
	if (report.kept.length === 0) return report;
	const why = isLogged
		? "the linked platform has each of them. They are not forgotten, because a sync brings them back."
		: "each of them was made by others or exists elsewhere. They are not forgotten without --all.";
	throw new AppError({
		code: "NOTHING_UNDONE",
		message: `coffer.vault lacks changes, but ${why}`,
		hint: waysHint(report.ways),
		exit: EXIT.integrity,
		data: report,
	});
}
