import { Args } from "@oclif/core";
import { contentLines, contentOf, linkedEnvironments } from "../../cli/apps/deletion.ts";
import { BaseCommand, environmentFlag, noWaitFlag, platformUrlFlag, yesFlag } from "../../cli/command.ts";
import { confirmFlag, confirmName } from "../../cli/context/confirm.ts";
import { platformAt } from "../../cli/context/linking.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { PlatformWait } from "../../cli/wait/wait.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { requireAppId } from "../../sync/link/link.ts";

const INTERRUPTED = {
	message: "The platform may still delete the app.",
	hint: "'coffer apps list' shows the result.",
};

interface Flags {
	readonly url: string | undefined;
	readonly environment: string;
	readonly "no-wait": boolean;
}

interface DeleteResult {
	deleted: string;
	/** The functions that were deleted with it. */
	functions: readonly string[];
	/**
	 * The ids of the access tokens that were deleted with it; null if the token in use may not list tokens.
	 */
	tokens: readonly string[] | null;
	/** The environments of the current project that coffer.json still links with it. */
	linked: readonly string[];
}

export default class AppsDelete extends BaseCommand<DeleteResult> {
	static override summary = "Delete an app from a platform, with its functions and their data";
	static override description =
		"Shows what will be deleted, and asks for the app's name. The platform stops the functions and deletes their logs and stored data, the app's log of secrets and host names, and the access tokens for this app only. With several nodes, the command ends when none of them serves the app any more. This cannot be undone. The secrets stay in the vault. The command needs a token with the scope 'admin', from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> apps delete shop-old",
		"<%= config.bin %> apps delete shop-old --confirm shop-old",
		"<%= config.bin %> apps delete shop-old --url https://coffer.example.com --yes",
	];
	static override args = {
		app: Args.string({ name: "APP", description: "id of the app to delete", required: true }),
	};
	static override flags = {
		url: platformUrlFlag,
		environment: environmentFlag,
		confirm: confirmFlag,
		"no-wait": noWaitFlag,
		yes: yesFlag,
	};

	protected async execute(): Promise<DeleteResult> {
		const { args, flags } = await this.parse(AppsDelete);
		const { app } = args;
		requireAppId(app);
		const remote = await platformAt(flags.url, flags.environment);
		const content = await contentOf(remote, app);
		if (!flags.yes) {
			for (const line of contentLines(app, content)) this.terminal.note(line);
			const question = `Type the app's name (${app}) to delete it`;
			await confirmName(this.terminal, { name: app, given: flags.confirm, question });
		}
		await this.#delete(app, flags);
		return { deleted: app, ...content, linked: await linkedEnvironments(remote.url, app) };
	}

	/** The question is asked before, so that Ctrl-C ends it at once. */
	async #delete(app: string, flags: Flags): Promise<void> {
		using wait = new PlatformWait(this.terminal, flags.environment, () => "Deleting");
		const { signal } = wait;
		const onNode = flags["no-wait"] ? undefined : wait.onNode;
		const work = async () =>
			(await platformAt(flags.url, flags.environment, { signal })).deleteApp(app, onNode);
		await wait.during(work, { sentence: `The app '${app}' is deleted`, beforeAccepted: INTERRUPTED });
	}

	protected render({ deleted, functions, linked, tokens }: DeleteResult, terminal: Terminal): void {
		const tokenCount = tokens === null ? "its access tokens" : count(tokens.length, "access token");
		terminal.line(
			`${MARKS.ok} Deleted app '${deleted}' with ${count(functions.length, "function")} and ${tokenCount}`,
		);
		for (const environment of linked)
			terminal.line(
				`  coffer.json still links environment '${environment}' with it. To unlink: ${inEnvironment("coffer unlink", environment)}`,
			);
	}
}
