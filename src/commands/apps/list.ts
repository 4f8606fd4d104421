import { BaseCommand, environmentFlag, platformUrlFlag } from "../../cli/command.ts";
import { platformAt } from "../../cli/context/linking.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";

interface AppsResult {
	apps: {
		app: string;
		/** The environment that it is linked with; null if it is not linked with a vault. */
		environment: string | null;
		/** The id of the environment's vault. */
		vault: string | null;
		/** The number of changes in its log. */
		revision: number;
	}[];
}

export default class AppsList extends BaseCommand<AppsResult> {
	static override summary = "List the apps on a platform";
	static override description =
		"The command needs a token with the scope 'read' that is valid for every app, from COFFER_TOKEN or the keychain.";
	static override examples = [
		"<%= config.bin %> apps list",
		"<%= config.bin %> apps list --url https://coffer.example.com --json",
	];
	static override flags = { url: platformUrlFlag, environment: environmentFlag };

	protected async execute(): Promise<AppsResult> {
		const { flags } = await this.parse(AppsList);
		const remote = await platformAt(flags.url, flags.environment);
		const { apps } = await remote.listApps();
		return {
			apps: apps.map(({ app, environment, revision, vaultId }) => ({
				app,
				environment: vaultId === null ? null : environment,
				vault: vaultId,
				revision,
			})),
		};
	}

	protected render({ apps }: AppsResult, terminal: Terminal): void {
		if (apps.length === 0) {
			terminal.line("The platform has no apps. To create one: coffer link URL --app APP");
			return;
		}
		const rows = apps.map(({ app, environment, revision }) => [
			app,
			environment ?? "(no vault)",
			String(revision),
		]);
		terminal.table(rows, ["APP", "ENVIRONMENT", "REVISION"]);
	}
}
