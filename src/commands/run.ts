import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { openContext } from "../cli/context/open-project.ts";
import { requireSafeNames, type UnsafeUse } from "../cli/injection/safe-names.ts";
import { requireText } from "../cli/shell/arguments.ts";
import { runChild } from "../cli/shell/child.ts";
import { inheritedEnvironment } from "../cli/shell/process-environment.ts";
import { AppError, EXIT } from "../errors.ts";
import { readSession } from "../project/secrets/edit-secrets.ts";
import { liveValues } from "../project/secrets/read-secrets.ts";

/** Changes the exit status of an error before the start of the command to 125, which commands rarely use. */
function asRunFailure(error: unknown): unknown {
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

const UNSAFE: UnsafeUse = { refused: "The command was not run", command: "coffer run", rest: " -- COMMAND" };

export default class Run extends BaseCommand<undefined> {
	static override summary = "Run a command with the secrets as environment variables";
	static override description =
		"The command gets the current environment variables and the secrets. A secret replaces a variable of the same name. Everything after -- is the command, unchanged. Nothing is run if the name of a secret can make a shell, a loader or a runtime load code (BASH_ENV, PYTHONPATH, EDITOR, …), unless --allow-unsafe names it. The command has the terminal and gets the signals, and Coffer exits with its exit status. If run itself fails, it exits with 125.";
	static override examples = [
		"<%= config.bin %> run -- npm start",
		"<%= config.bin %> run --environment preview -- deno task dev",
		"<%= config.bin %> run --allow-unsafe JAVA_TOOL_OPTIONS -- ./gradlew test",
	];
	static override strict = false;
	static override passesOn = true;
	static override usage = "run [-e NAME] [--allow-unsafe NAME]... -- COMMAND [ARG...]";
	static override flags = {
		environment: environmentFlag,
		"allow-unsafe": Flags.string({
			description: "pass this secret on although its name can make programs load code (repeatable)",
			helpValue: "NAME",
			multiple: true,
			multipleNonGreedy: true,
		}),
	};

	protected async execute(): Promise<undefined> {
		try {
			const { argv, flags } = await this.parse(Run);
			const words = argv.map(String);
			requireText(words);
			const [command, ...args] = words;
			if (command === undefined) {
				throw new AppError({
					code: "USAGE",
					message: "The command to run is missing.",
					hint: "coffer run -- COMMAND [ARG...]",
					exit: EXIT.usage,
				});
			}
			const context = await openContext(this.environment, flags.environment);
			const { session, remember } = await readSession(context);
			for (const warning of session.warnings) this.terminal.warn(warning);
			const values = await liveValues(session);
			await remember();
			requireSafeNames(values.keys(), flags["allow-unsafe"] ?? [], flags.environment, UNSAFE);
			this.exitStatus = await runChild(command, args, {
				...inheritedEnvironment(),
				...Object.fromEntries(values),
			});
		} catch (error) {
			throw asRunFailure(error);
		}
	}

	protected render(): void {}
}
