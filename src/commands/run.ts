import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { openContext } from "../cli/context/open-project.ts";
import { requireText } from "../cli/shell/arguments.ts";
import { runChild } from "../cli/shell/child.ts";
import { inheritedEnvironment } from "../cli/shell/process-environment.ts";
import { unsafeReason } from "../cli/shell/unsafe-names.ts";
import { AppError, EXIT } from "../errors.ts";
import { allValues, readSession } from "../project/secrets/edit-secrets.ts";

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

/**
 * Holds that no value is handed over under a name that makes a program load code.
 * @param allowed names that the caller wants all the same
 * @throws AppError `NAME_UNSAFE` (exit 2), naming every such secret
 */
function requireSafe(names: Iterable<string>, allowed: readonly string[], environment: string): void {
	const unsafe = [...names]
		.filter((name) => !allowed.includes(name))
		.flatMap((name) => {
			const reason = unsafeReason(name);
			return reason === undefined ? [] : [{ name, reason }];
		});
	if (unsafe.length === 0) return;
	const reasons = unsafe.map(({ name, reason }) => `${name} (${reason})`).join(", ");
	const flags = unsafe.map(({ name }) => `--allow-unsafe ${name}`).join(" ");
	throw new AppError({
		code: "NAME_UNSAFE",
		message: `Nothing was run: ${environment} has secrets whose names make programs load code: ${reasons}.`,
		hint: `If that is what they are for: coffer run ${flags} -- COMMAND. Else give them other names.`,
		exit: EXIT.usage,
	});
}

export default class Run extends BaseCommand<undefined> {
	static override summary = "Run a command with the secrets in its environment";
	static override description =
		"The secrets are added to this process's environment, over variables of the same name. What stands behind -- is the command, word for word. A secret whose name makes a shell, a loader or a runtime load code (BASH_ENV, PYTHONPATH, EDITOR, …) stops it, unless --allow-unsafe names it. Terminal, signals and exit status are the command's own; where run itself fails, it exits 125.";
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
			description: "hand this secret over although its name makes programs load code; once for each name",
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
			requireSafe(values.keys(), flags["allow-unsafe"] ?? [], flags.environment);
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
