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
	static override summary = "Accept the vault as it is, and forget what it lacks";
	static override description =
		"For a vault that was undone with git: this device remembers members, environments, keys and secrets that coffer.vault has no more, and refuses to go on. What this device made itself and never sent anywhere is listed and, after a question, forgotten. What is kept in git or on a platform, or was made by others, is listed with where it is, and stays; --all forgets it too, once the code that names just this is typed. The vault is not written.";
	static override examples = [
		"<%= config.bin %> vault accept",
		"<%= config.bin %> vault accept --yes",
		"<%= config.bin %> vault accept --all",
	];
	static override flags = {
		all: Flags.boolean({ description: "also what others made, or what is kept elsewhere" }),
		yes: Flags.boolean({ char: "y", description: "do not ask; not enough for what --all adds" }),
		confirm: Flags.string({
			description: "the code that the question asks for, where there is no terminal to type it on",
			helpValue: "CODE",
		}),
		offline: Flags.boolean({ description: "do not ask linked platforms" }),
	};

	/** Whether what is forgotten was printed for the question. */
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
		if (replaced) return this.#replace(context, replaced, flags);
		const looking = await searchPlaces(root, flags.offline);
		const diagnosis = await diagnose(context, looking);
		for (const note of diagnosis.whereabouts.notes) this.terminal.warn(note);
		const plan = planAcceptance(diagnosis.document, diagnosis.surveys, diagnosis.whereabouts, flags.all);
		const report = acceptReport(diagnosis, plan, false);
		if (plan.forgotten.length === 0) return nothingToForget(report);
		const isStrong = plan.forgotten.some(({ kind }) => kind !== "undone");
		await this.confirm({ code: plan.code, isStrong }, report, flags);
		await accept(context, looking, plan, flags.all);
		return { ...report, accepted: true };
	}

	/** The folder held another vault before. */
	async #replace(
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
			throw unanswered(confirm !== undefined, instead, report);
		this.render(report, this.terminal);
		this.#isShown = true;
		const question = isStrong
			? `This cannot be undone. Type ${code} to forget what is listed`
			: "Forget what is listed?";
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
			if (accepted) terminal.line(`${MARKS.ok} This folder holds another vault from now on`);
			else terminal.line("Another vault than this folder held. Compare its id with a teammate's");
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
			terminal.line("To be forgotten:");
			renderLacking(forgotten, terminal);
		}
		if (kept.length > 0) {
			terminal.line("Stays remembered:");
			renderLacking(kept, terminal);
		}
		if (forgotten.length + kept.length === 0)
			terminal.line("Nothing to accept: coffer.vault has all that this device has seen of it");
	}
}

/** The error where a code is for something else, or where nobody is there to give one. */
function unanswered(isWrongCode: boolean, instead: string, report: AcceptReport): AppError {
	const hint = `If it is right to forget what is listed: ${instead}`;
	if (isWrongCode)
		return new AppError({
			code: "NOT_CONFIRMED",
			message: "That code is for something else than what would be forgotten now.",
			hint,
			exit: EXIT.failure,
			data: report,
		});
	return new AppError({
		code: "NO_TERMINAL",
		message: "This is not forgotten without a question, and there is no terminal to ask on.",
		hint,
		exit: EXIT.usage,
		data: report,
	});
}

/** @throws AppError `NOTHING_UNDONE` (exit 7) where something is lacking, and nothing of it was only made here */
function nothingToForget(report: AcceptReport): AcceptReport {
	if (report.kept.length === 0) return report;
	throw new AppError({
		code: "NOTHING_UNDONE",
		message:
			"Nothing of what coffer.vault lacks was made on this device alone, so none of it is forgotten by itself.",
		hint: waysHint(report.ways),
		exit: EXIT.integrity,
		data: report,
	});
}
