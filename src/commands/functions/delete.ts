import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, noWaitFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { PlatformWait } from "../../cli/wait/wait.ts";

const INTERRUPTED = {
	message: "The platform may still delete the functions.",
	hint: "'coffer functions list' shows the result.",
};

interface DeleteResult {
	environment: string;
	/** The app on the platform. */
	app: string;
	deleted: readonly string[];
}

export default class FunctionsDelete extends BaseCommand<DeleteResult> {
	static override summary = "Delete functions from the platform";
	static override description =
		"Requests in progress are finished first. If one of the functions does not exist, nothing is deleted. With several nodes, the command ends when no node serves the functions any more.";
	static override examples = ["<%= config.bin %> functions delete old-webhook"];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the functions to delete", required: true }),
	};
	static override flags = { environment: environmentFlag, "no-wait": noWaitFlag };

	protected async execute(): Promise<DeleteResult> {
		const { argv, flags } = await this.parse(FunctionsDelete);
		const names = [...new Set(argv.map(String))];
		const context = await openContext(this.environment, flags.environment);
		using wait = new PlatformWait(this.terminal, flags.environment, () => "Deleting");
		const { signal } = wait;
		const instead = "Use 'base44 functions delete'.";
		const target = await requireTarget(context.root, flags.environment, instead, { signal });
		const onNode = flags["no-wait"] ? undefined : wait.onNode;
		const work = () => target.remote.deleteFunctions(target.binding.app, names, onNode);
		await wait.during(work, { sentence: "The functions are deleted", beforeAccepted: INTERRUPTED });
		return { environment: flags.environment, app: target.binding.app, deleted: names };
	}

	protected render(result: DeleteResult, terminal: Terminal): void {
		const { app, deleted, environment } = result;
		for (const name of deleted) terminal.line(`${MARKS.ok} ${name}  deleted (app '${app}', ${environment})`);
	}
}
