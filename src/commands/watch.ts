import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { environmentLinked, requireBinding } from "../cli/context/environment-binding.ts";
import { targetOf } from "../cli/context/linking.ts";
import { openContext } from "../cli/context/open-project.ts";
import { styled } from "../cli/shell/render.ts";
import { stopping } from "../cli/shell/signals.ts";
import { watchedTarget } from "../cli/targets/watch.ts";
import { clockTime, type WatchEvent, watchEventLine } from "../cli/views/watch-lines.ts";
import { isTargetBinding } from "../project/files/config.ts";
import type { SessionContext } from "../project/session/session.ts";
import type { LinkTarget } from "../sync/client/link-target.ts";
import { watchProject, watchTarget } from "../sync/watch.ts";

/** Connects to the platform of the environment's link. @throws AppError as `targetOf`; `ENVIRONMENT_LINKED` (exit 5) */
async function linkedPlatform(context: SessionContext, signal: AbortSignal): Promise<LinkTarget> {
	const { environment, root } = context;
	const binding = await requireBinding(root, environment);
	if (isTargetBinding(binding)) throw await environmentLinked(environment, binding);
	return targetOf(binding, environment, { signal });
}

export default class Watch extends BaseCommand<undefined> {
	static override summary = "Watch a linked project: sync the vault and deploy functions when they change";
	static override description =
		"Prints a line for each action, with the time (a JSON document with --json). A failure is printed once, again if it changes, and when it is over. If the files of a function are deleted during the watch, the function is deleted from the platform 2 s later. Functions that the project did not have when the watch began are left alone. If the platform cannot be reached, the watch continues, and catches up later. It follows the link in coffer.json, as `git pull` may change it, and takes another access token from the keychain once the platform refuses its own. Press Ctrl-C to stop. With a target such as Supabase, changes in the vault are sent, and functions are not deployed.";
	static override examples = ["<%= config.bin %> watch", "<%= config.bin %> watch --environment preview"];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<undefined> {
		const { flags } = await this.parse(Watch);
		using stop = stopping();
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
		if (isTargetBinding(binding))
			await watchTarget(context, watchedTarget(context, binding, options), options);
		else await watchProject(context, () => linkedPlatform(context, stop.signal), options);
	}

	protected render(): void {}
}
