import { watchedBase44 } from "../cli/base44/watch.ts";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { requireBinding, targetOf } from "../cli/context/linking.ts";
import { openContext } from "../cli/context/open-project.ts";
import { styled } from "../cli/shell/render.ts";
import { interruption } from "../cli/shell/signals.ts";
import { clockTime, type WatchEvent, watchEventLine } from "../cli/views/watch-lines.ts";
import { watchProject, watchTarget } from "../sync/watch.ts";

export default class Watch extends BaseCommand<undefined> {
	static override summary = "Keep a linked project live: sync the vault and deploy functions as they change";
	static override description =
		"Says each thing that it does in a line, with the time (a JSON document with --json). A failure is told once, again when it changes, and when it is over. A function whose files are deleted meanwhile is deleted from the platform 2 s later; one that was not here when the watch began is left alone. Goes on when the platform is out of reach and catches up when it is back. Ends on Ctrl-C. With Base44, what changes in the vault is sent, and no function is deployed.";
	static override examples = ["<%= config.bin %> watch", "<%= config.bin %> watch --environment preview"];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<undefined> {
		const { flags } = await this.parse(Watch);
		using stop = interruption();
		const context = await openContext(this.environment, flags.environment);
		const binding = await requireBinding(context.root, flags.environment);
		const onEvent = (event: WatchEvent) => {
			const at = new Date();
			this.terminal.document({ time: at.toISOString(), ...event });
			const [first = "", ...rest] = watchEventLine(event).split("\n");
			this.terminal.line(`${styled("dim", clockTime(at))} ${first}`);
			if (rest.length > 0) this.terminal.block(rest.join("\n"), "    ");
		};
		const options = { signal: stop.signal, onEvent };
		if (binding.kind === "base44")
			await watchTarget(context, watchedBase44(context, binding, options), options);
		else
			await watchProject(
				context,
				await targetOf(binding, context.environment, { signal: stop.signal }),
				options,
			);
	}

	protected render(): void {}
}
