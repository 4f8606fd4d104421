import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { requireTarget } from "../cli/linking.ts";
import { openContext } from "../cli/project.ts";
import { interruption } from "../cli/signals.ts";
import { type WatchEvent, watchEventLine } from "../cli/watch-lines.ts";
import { watchProject } from "../sync/watch.ts";

export default class Watch extends BaseCommand<undefined> {
	static override summary = "Keep a linked project live: sync the vault and deploy functions as they change";
	static override description =
		"Says each thing that it does in a line (a JSON document with --json). Goes on when the platform is out of reach and catches up when it is back. Ends on Ctrl-C.";
	static override examples = ["<%= config.bin %> watch", "<%= config.bin %> watch --environment preview"];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<undefined> {
		const { flags } = await this.parse(Watch);
		using stop = interruption();
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(
			context.root,
			flags.environment,
			"'coffer secrets set' and 'coffer sync' send what changed.",
			stop.signal,
		);
		const onEvent = (event: WatchEvent) => {
			this.terminal.document(event);
			const [first = "", ...rest] = watchEventLine(event).split("\n");
			this.terminal.line(first);
			if (rest.length > 0) this.terminal.block(rest.join("\n"), "    ");
		};
		await watchProject(context, target, { signal: stop.signal, onEvent });
	}

	protected render(): void {}
}
