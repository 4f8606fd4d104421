import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { linkedEnvironments } from "../../cli/context/linked-logs.ts";
import { requireIdentity } from "../../cli/context/open-project.ts";
import { promptConfirm, promptText } from "../../cli/shell/prompts.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { previousIdentity, searchPlaces } from "../../cli/undo/diagnosis.ts";
import { type AcceptReport, acceptReport, renderAccept, waysHint } from "../../cli/undo/report.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { accept, diagnose, type SearchContext } from "../../project/undo/accept.ts";
import { type Acceptance, planAcceptance } from "../../project/undo/acceptance.ts";
import { acceptReplaced, findReplaced, type Replaced } from "../../project/undo/replaced.ts";
import type { SurveyContext } from "../../project/undo/survey.ts";

/** The sentences of one confirmation. */
interface Question {
	readonly plain: string;
	readonly strong: (code: string) => string;
	/** The purpose of the command in the hint, as a clause. */
	readonly purpose: string;
	readonly needs: string;
	readonly wrongCode: string;
	readonly declined: string;
}

interface Confirmation {
	readonly code: string;
	/** Whether the code has to be typed. */
	readonly isStrong: boolean;
	/** The command, without the flag that confirms it. */
	readonly again: string;
	readonly question: Question;
}

const FORGET: Question = {
	plain: "Forget these changes?",
	strong: (code) => `This cannot be undone. Type ${code} to forget these changes`,
	purpose: "To forget the listed changes",
	needs: "Forgetting changes needs a confirmation",
	wrongCode: "The code is for another set of changes than the listed ones.",
	declined: "Nothing was forgotten.",
};

const REPLACE: Question = {
	plain: "Accept the current vault?",
	strong: (code) => `Type ${code} to accept the current vault for this folder`,
	purpose: "To accept the current vault for this folder",
	needs: "Accepting another vault needs a confirmation",
	wrongCode: "The code is for another vault than the current one.",
	declined: "The current vault was not accepted.",
};

export default class VaultAccept extends BaseCommand<AcceptReport> {
	static override summary = "Accept the vault as it is, and forget the changes that it lacks";
	static override description =
		"Use this if changes of coffer.vault were undone with git on purpose. This device remembers members, environments, keys and secrets that the file no longer has, and refuses to work with the file. The command lists these changes. It forgets those that this device made and never sent, after you confirm. It searches this clone and the linked platforms, and no other clone. Changes that you made in another clone count as never sent until they are fetched here. Changes that git still has, or that others made, stay remembered, unless you add --all and type a code. Changes that a linked platform has stay remembered even with --all, because a sync brings them back; if the platform cannot be reached, --all forgets them too, and the next sync reports them again. If this folder had another vault before, the command makes the current one this folder's vault, after you type a code. The vault itself is not changed.";
	static override examples = [
		"<%= config.bin %> vault accept",
		"<%= config.bin %> vault accept --yes",
		"<%= config.bin %> vault accept --all",
	];
	static override flags = {
		all: Flags.boolean({ description: "also forget changes that others made, or that exist elsewhere" }),
		yes: Flags.boolean({
			char: "y",
			description: "do not ask for confirmation; where a code is needed, --yes does not replace it",
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
		const sources = await searchPlaces(root, flags.offline);
		const diagnosis = await diagnose(context, sources);
		for (const note of diagnosis.searched.notes) this.terminal.warn(note);
		if (flags.all) await this.#warnOfUnasked(root, sources);
		const plan = planAcceptance(diagnosis.document, diagnosis.surveys, diagnosis.searched, flags.all);
		const report = acceptReport(diagnosis, plan, false);
		if (plan.forgotten.length === 0) return nothingToForget(report, plan);
		const isStrong = plan.forgotten.some(({ kind }) => kind !== "undone");
		const again = flags.all ? "coffer vault accept --all" : "coffer vault accept";
		await this.confirm({ code: plan.code, isStrong, again, question: FORGET }, report, flags);
		await accept(context, sources, plan, flags.all);
		const after = await diagnose(context, sources);
		const rest = { letIn: [], forgotten: [], kept: after.searched.found, code: "" };
		const { kept, ways } = acceptReport(after, rest, true);
		return { ...report, kept, ways, accepted: true };
	}

	/** The logs that were not read may have changes that --all forgets. */
	async #warnOfUnasked(root: string, { logs }: SearchContext): Promise<void> {
		for (const environment of await linkedEnvironments(root)) {
			const log = logs.get(environment)?.log;
			if (log !== undefined && !(log instanceof AppError)) continue;
			this.terminal.warn(
				`The platform of '${environment}' was not asked. If it has changes that are forgotten now, the next sync brings them back, or asks which side is right.`,
			);
		}
	}

	/** Accepts another vault than the one that was in this folder before. */
	async #acceptReplaced(
		context: SurveyContext,
		{ before, code, now }: Replaced,
		flags: { yes: boolean; confirm?: string | undefined },
	): Promise<AcceptReport> {
		const none = { letIn: [], forgotten: [], kept: [], ways: [] };
		const report: AcceptReport = { accepted: false, replaced: { before, now }, ...none };
		const again = "coffer vault accept";
		await this.confirm({ code, isStrong: true, again, question: REPLACE }, report, flags);
		await acceptReplaced(context, { before, code, now });
		return { ...report, accepted: true };
	}

	/** @throws AppError `NO_TERMINAL` (exit 2), `NOT_CONFIRMED` (exit 1) */
	private async confirm(
		{ code, isStrong, again, question }: Confirmation,
		report: AcceptReport,
		{ yes, confirm }: { yes: boolean; confirm?: string | undefined },
	): Promise<void> {
		if (confirm !== undefined ? confirm === code : yes && !isStrong) return;
		const instead = isStrong ? `${again} --confirm ${code}` : `${again} --yes`;
		if (confirm !== undefined || !this.terminal.interactive)
			throw notConfirmed(confirm !== undefined, { instead, question }, report);
		this.render(report, this.terminal);
		this.#isShown = true;
		const isSure = isStrong
			? (await promptText(this.terminal, question.strong(code), instead)).trim() === code
			: await promptConfirm(this.terminal, question.plain, instead);
		if (isSure) return;
		throw new AppError({
			code: "NOT_CONFIRMED",
			message: question.declined,
			hint: waysHint(report.ways),
			exit: EXIT.failure,
		});
	}

	protected render(report: AcceptReport, terminal: Terminal): void {
		renderAccept(report, terminal, this.#isShown);
	}
}

/** The error for a wrong code, or for a missing confirmation without a terminal. */
function notConfirmed(
	isWrongCode: boolean,
	{ instead, question }: { instead: string; question: Question },
	report: AcceptReport,
): AppError {
	const hint = `${question.purpose}: ${instead}`;
	if (isWrongCode)
		return new AppError({
			code: "NOT_CONFIRMED",
			message: question.wrongCode,
			hint,
			exit: EXIT.failure,
			data: report,
		});
	return new AppError({
		code: "NO_TERMINAL",
		message: `${question.needs}, and there is no terminal to ask on.`,
		hint,
		exit: EXIT.usage,
		data: report,
	});
}

/** @throws AppError `NOTHING_UNDONE` (exit 7) if the vault lacks changes, but none that may be forgotten */
function nothingToForget(report: AcceptReport, { kept }: Acceptance): AcceptReport {
	if (kept.length === 0) return report;
	const logged = kept.filter(({ isLogged }) => isLogged).length;
	const sync = "because a sync brings them back";
	const why =
		logged === kept.length
			? `the linked platform has each of them. They are not forgotten, ${sync}.`
			: logged > 0
				? `none was undone on this device. Those that the linked platform has are not forgotten, ${sync}; the others only with --all.`
				: "each of them was made by others or exists elsewhere. They are not forgotten without --all.";
	throw new AppError({
		code: "NOTHING_UNDONE",
		message: `coffer.vault lacks changes, but ${why}`,
		hint: waysHint(report.ways),
		exit: EXIT.integrity,
		data: report,
	});
}
