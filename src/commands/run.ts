import { runChild } from "../cli/child.ts";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { inheritedEnvironment } from "../cli/environment.ts";
import { openContext } from "../cli/project.ts";
import { AppError, EXIT } from "../errors.ts";
import { allValues, readSession } from "../project/secrets.ts";

/** What fails before the command runs, or instead of it, is `run`'s own failure. */
function ownFailure(error: unknown): unknown {
	if (!(error instanceof AppError)) return error;
	const { code, message, hint, line } = error;
	return new AppError({
		code,
		message,
		hint,
		exit: EXIT.run,
		cause: error,
		...(line === undefined ? {} : { line }),
	});
}

export default class Run extends BaseCommand<undefined> {
	static override summary = "Run a command with the secrets in its environment";
	static override description =
		"The secrets are added to this process's environment, over variables of the same name. Terminal, signals and exit status are the command's own; where run itself fails, it exits 125.";
	static override examples = [
		"<%= config.bin %> run -- npm start",
		"<%= config.bin %> run --environment preview -- deno task dev",
	];
	static override strict = false;
	static override usage = "run [-e NAME] -- COMMAND [ARG...]";
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<undefined> {
		try {
			const { argv, flags } = await this.parse(Run);
			const [command, ...args] = argv.map(String);
			if (command === undefined) {
				throw new AppError({
					code: "USAGE",
					message: "There is no command to run.",
					hint: "coffer run -- COMMAND [ARG...]",
					exit: EXIT.usage,
				});
			}
			const context = await openContext(this.environment, flags.environment);
			const { session, remember } = await readSession(context);
			for (const warning of session.warnings) this.terminal.warn(warning);
			const values = await allValues(session);
			await remember();
			this.exitStatus = await runChild(command, args, {
				...inheritedEnvironment(),
				...Object.fromEntries(values),
			});
		} catch (error) {
			throw ownFailure(error);
		}
	}

	protected render(): void {}
}
