import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { discardAccepted, discardFilled, filledFor, type Waiting } from "../../cli/requests/filled.ts";
import { askerText, rowOf } from "../../cli/requests/rows.ts";
import { promptConfirm } from "../../cli/shell/prompts.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EnvironmentEdit, renderEdit } from "../../cli/views/edit-result.ts";
import { requireOpen } from "../../project/requests/requests.ts";
import { readSession, requireEditable, setSecrets } from "../../project/secrets/edit-secrets.ts";
import { maskValue } from "../../vault/syntax/mask.ts";

/** For an environment whose secrets go to another product. */
const FILL_HERE = "Set the value here: coffer requests fill NAME.";

export default class RequestsAccept extends BaseCommand<EnvironmentEdit> {
	static override summary = "Take over a value that somebody filled in in the web console";
	static override description =
		"The browser has encrypted the value for the writers of the environment, so the platform cannot read it. But whoever controls the platform can send a value too, since the keys are public. So the command shows who asked, which access token filled the value in and the value with a mask, and asks before it sets the secret. Only a request in this project's coffer.requests can be filled. --discard removes the value from the platform.";
	static override examples = [
		"<%= config.bin %> requests accept STRIPE_KEY",
		"<%= config.bin %> requests accept STRIPE_KEY --discard",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		yes: Flags.boolean({ description: "set the secret without asking", exclusive: ["discard"] }),
		discard: Flags.boolean({ description: "remove the value from the platform, and set nothing" }),
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
	};

	protected async execute(): Promise<EnvironmentEdit> {
		const { args, flags } = await this.parse(RequestsAccept);
		const { environment } = flags;
		const { name } = args;
		const context = await openContext(this.environment, environment);
		const { session, remember } = await readSession(context);
		requireEditable(session);
		await remember();
		const open = await requireOpen(context.root, environment, name);
		const target = await requireTarget(context.root, environment, FILL_HERE);
		const nothing = { environment, set: [], deleted: [], unchanged: [] };
		const sync = { sync: false, waits: false, terminal: this.terminal };
		if (flags.discard) {
			await discardFilled(target, open);
			this.terminal.note(`Discarded the value for ${name}. The request stays open.`);
			return afterEdit(context, nothing, sync);
		}
		const waiting = await filledFor(session, target, open);
		const row = rowOf(waiting.request);
		this.terminal.note(`${name} in ${environment}, asked for by ${askerText(row)}`);
		this.terminal.note(`  "${row.reason}"`);
		if (!(await this.#isWanted(waiting, flags.yes))) return afterEdit(context, nothing, sync);
		const outcome = await setSecrets(context, new Map([[name, waiting.value]]));
		const left = await discardAccepted(target, open);
		const warnings = left === undefined ? outcome.warnings : [...outcome.warnings, left];
		for (const warning of warnings) this.terminal.warn(warning);
		const { changed: set, unchanged } = outcome;
		return afterEdit(
			context,
			{ environment, set, deleted: [], unchanged },
			{ sync: !flags["no-sync"], waits: !flags["no-wait"], terminal: this.terminal },
		);
	}

	/** Shows a value with its origin, and asks. @throws AppError `NO_TERMINAL` (exit 2) */
	async #isWanted({ at, by, value }: Waiting, yes: boolean): Promise<boolean> {
		this.terminal.note(
			`Filled in ${at} with the access token ${by}, as the platform says: ${maskValue(value)}`,
		);
		if (yes) return true;
		return await promptConfirm(
			this.terminal,
			"Do you know who filled it in, and set the secret to this value?",
			"To set it without a question: --yes. To remove it: --discard.",
		);
	}

	protected render(result: EnvironmentEdit, terminal: Terminal): void {
		renderEdit(result, result.environment, terminal);
	}
}
