import { defaultEnvironment } from "../../cli/chosen-environment/choose.ts";
import { BaseCommand } from "../../cli/command.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { bindingOf, readConfig } from "../../project/files/config.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { environmentNames } from "../../project/members/environments.ts";
import { verifyChains } from "../../vault/document/document.ts";

interface ListResult {
	environments: {
		name: string;
		secrets: number;
		members: number;
		/** Whether commands use it here without `-e`. */
		default: boolean;
		/** The app that it is linked with, and the platform's address; null if it is not linked. */
		app: string | null;
		url: string | null;
	}[];
}

export default class EnvironmentsList extends BaseCommand<ListResult> {
	static override summary = "List the environments of the vault";
	static override examples = ["<%= config.bin %> environments list"];

	protected async execute(): Promise<ListResult> {
		await this.parse(EnvironmentsList);
		await cryptoReady;
		const root = requireRoot(currentFolder());
		const [{ document }, config] = await Promise.all([loadVault(root), readConfig(root)]);
		const defaultName = (await defaultEnvironment(this.environment)).name;
		const environments = environmentNames(document).map((name) => {
			const { section, state } = verifyChains(document, name);
			const secrets = [...section.records.values()].filter(({ kind }) => kind === "live").length;
			const binding = bindingOf(config, name);
			return {
				name,
				secrets,
				members: state.members.size,
				default: name === defaultName,
				app: binding?.app ?? null,
				url: binding?.url ?? null,
			};
		});
		return { environments };
	}

	protected render(result: ListResult, terminal: Terminal): void {
		const rows = result.environments.map(({ name, secrets, members, app, url, default: isDefault }) => [
			isDefault ? `${name} (default)` : name,
			String(secrets),
			String(members),
			app === null ? "not linked" : `${app} on ${url}`,
		]);
		terminal.table(rows, ["NAME", "SECRETS", "MEMBERS", "PLATFORM"]);
	}
}
