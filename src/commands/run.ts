import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { openContext } from "../cli/context/open-project.ts";
import { expandFlag } from "../cli/injection/expand-flag.ts";
import { redactedOutput } from "../cli/injection/redacted-output.ts";
import { readVariables, requirePrefix, type Variables } from "../cli/injection/variables.ts";
import { requireText } from "../cli/shell/arguments.ts";
import { type ChildOptions, runChild, type TakeOutput } from "../cli/shell/child/child.ts";
import { inheritedEnvironment, isTaskOfRunner } from "../cli/shell/process-environment.ts";
import { requireReveal } from "../cli/shell/reveal.ts";
import { AppError, EXIT } from "../errors.ts";
import { currentFolder } from "../project/files/project-root.ts";

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

interface RunFlags {
	readonly environment: string;
	readonly only: readonly string[] | undefined;
	readonly prefix: string;
	readonly expand: boolean;
	readonly watch: boolean;
	readonly "no-redact": boolean;
	readonly "allow-unsafe": readonly string[] | undefined;
}

export default class Run extends BaseCommand<undefined> {
	static override summary = "Run a command with the secrets as environment variables";
	static override description =
		"The command gets the current environment variables and the secrets. A secret replaces a variable of the same name. Everything after -- is the command, unchanged. Nothing is run if the name of a secret can make a shell, a loader or a runtime load code (BASH_ENV, PYTHONPATH, EDITOR, …), unless --allow-unsafe names it. With --only, the command gets only the secrets that are named, and with --prefix each under its name with that prefix.\n\nWhere standard output or standard error is no terminal, Coffer replaces the values of these secrets in it by [NAME]: as they are, and as JSON, base64, hex and URLs write them. Values of fewer than four characters are not replaced. --no-redact passes all output on unchanged; it needs a person at a terminal, or COFFER_ALLOW_REVEAL=1. A terminal is the command's own, except in a task of Turborepo or Nx: these write to files what a task prints in the terminal that they give it, so Coffer replaces values there too. With --watch, the command is started again when a secret that it gets changes in the vault: it gets SIGTERM, and SIGKILL after ten seconds.\n\nThe command has the terminal and gets the signals, and Coffer exits with its exit status. If run itself fails, it exits with 125.";
	static override examples = [
		"<%= config.bin %> run -- npm start",
		"<%= config.bin %> run --environment preview -- deno task dev",
		"<%= config.bin %> run --only 'STRIPE_*' --only DATABASE_URL --watch -- node server.js",
		"<%= config.bin %> run --only API_URL --prefix VITE_ -- npm run build",
		"<%= config.bin %> run --allow-unsafe JAVA_TOOL_OPTIONS -- ./gradlew test",
	];
	static override strict = false;
	static override passesOn = true;
	static override usage =
		"run [-e NAME] [--only NAME]... [--prefix PREFIX] [--expand] [--watch] [--no-redact] [--allow-unsafe NAME]... -- COMMAND [ARG...]";
	static override flags = {
		environment: environmentFlag,
		only: Flags.string({
			description: "pass on only this secret, or those that match a pattern with * and ? (repeatable)",
			helpValue: "NAME",
			multiple: true,
			multipleNonGreedy: true,
		}),
		prefix: Flags.string({ description: "put this before each name", default: "", helpValue: "PREFIX" }),
		expand: expandFlag,
		watch: Flags.boolean({
			description: "start the command again when a secret that it gets changes in the vault",
		}),
		"no-redact": Flags.boolean({
			description: "do not replace values in output that does not go to a terminal",
		}),
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
			this.exitStatus = await this.#run(command, args, flags);
		} catch (error) {
			throw asRunFailure(error);
		}
	}

	async #run(command: string, args: readonly string[], flags: RunFlags): Promise<number> {
		const { expand, only = [], prefix, "allow-unsafe": allowed = [] } = flags;
		const options = { expand, only, prefix, allowed };
		requirePrefix(prefix);
		if (flags["no-redact"])
			requireReveal(this.terminal, this.environment, "'coffer run --no-redact' passes values on in output");
		const context = await openContext(this.environment, flags.environment);
		let found = await readVariables(context, options);
		for (const warning of found.warnings) this.terminal.warn(warning);
		await this.#warnOfNext(found);
		const start = (injected: ReadonlyMap<string, string>): ChildOptions => ({
			command,
			args,
			environment: { ...inheritedEnvironment(), ...Object.fromEntries(injected) },
			outputs: flags["no-redact"]
				? {}
				: { stdout: this.#taker("stdout", found), stderr: this.#taker("stderr", found) },
		});
		if (!flags.watch) return await runChild(start(found.values));
		const { runWithRestarts } = await import("../cli/injection/restarts.ts");
		const read = async () => {
			found = await readVariables(context, options);
			return found.values;
		};
		return await runWithRestarts(found.values, { root: context.root, terminal: this.terminal, read, start });
	}

	async #warnOfNext({ values }: Variables): Promise<void> {
		if (![...values.values()].some((value) => value.includes("$"))) return;
		const { nextWarnings } = await import("../cli/injection/next-env.ts");
		for (const warning of nextWarnings(values, currentFolder())) this.terminal.warn(warning);
	}

	/** Takes over an output that is no terminal, or one that a task runner records. */
	#taker(stream: "stdout" | "stderr", { redacted }: Variables): TakeOutput | undefined {
		const isPersons = this.terminal.isTerminal(stream) && !isTaskOfRunner();
		return isPersons ? undefined : redactedOutput(stream, redacted, this.terminal);
	}

	protected render(): void {}
}
