/**
 * The base of every command. A command is its statics (summary, arguments, flags, examples), `execute`, which
 * makes one service call and returns data, and `render`, which prints that data for a person.
 */
import { Command, Flags, type Interfaces } from "@oclif/core";
import { DEFAULT_ENVIRONMENT, setMeantEnvironment } from "../environment-hint.ts";
import { AppError } from "../errors.ts";
import {
	type ChosenEnvironment,
	defaultEnvironment,
	explainEnvironment,
} from "./chosen-environment/choose.ts";
import { splitAtDashes, wordsOf } from "./shell/arguments.ts";
import { reportFailure } from "./shell/failure.ts";
import { type Environment, readEnvironment } from "./shell/process-environment.ts";
import { processTerminal, type Terminal, wantsJson } from "./shell/terminal.ts";
import { translateParseError, usageError } from "./shell/usage.ts";

/**
 * `-e, --environment`, for every command that touches secrets. Where it is left out, `parse` puts in the environment that
 * COFFER_ENVIRONMENT or the project names.
 */
export const environmentFlag = Flags.string({
	char: "e",
	description: "environment to use; if left out, COFFER_ENVIRONMENT, the project's default, or production",
	default: async () => DEFAULT_ENVIRONMENT,
	// Help would show production alone.
	defaultHelp: async () => undefined,
	helpValue: "NAME",
});

/** `-e, --environment`, repeatable, for commands that do one thing to several environments. As `environmentFlag`. */
export const environmentsFlag = Flags.string({
	char: "e",
	description:
		"environment to use (repeatable); if left out, COFFER_ENVIRONMENT, the project's default, or production",
	default: async () => [DEFAULT_ENVIRONMENT],
	defaultHelp: async () => undefined,
	multiple: true,
	multipleNonGreedy: true,
	helpValue: "NAME",
});

/** `--url`, for commands that administer a platform. */
export const platformUrlFlag = Flags.string({
	description: "the platform's control address; if left out, the one that the environment is linked with",
	helpValue: "URL",
});

/** An error with what this device knows of its reason. What that takes is loaded when something is to be explained. */
async function explained(
	error: unknown,
	environment: Environment,
	chosen: ChosenEnvironment | undefined,
): Promise<unknown> {
	if (!(error instanceof AppError)) return error;
	if (["PROJECT_NOT_FOUND", "VAULT_NOT_FOUND"].includes(error.code)) {
		const { explainAbsence } = await import("./context/other-vaults.ts");
		return explainAbsence(error);
	}
	if (chosen && ["ENVIRONMENT_NOT_FOUND", "ENVIRONMENT_NAME_INVALID"].includes(error.code))
		return explainEnvironment(error, chosen);
	if (["MEMBERSHIP_OLDER", "EPOCH_OLDER", "MEMBERSHIP_DIVERGED"].includes(error.code)) {
		const { explainLacking } = await import("./undo/diagnosis.ts");
		return explainLacking(error, environment);
	}
	if (!["NOT_A_MEMBER", "NOT_AN_OWNER"].includes(error.code)) return error;
	const { explainMembership } = await import("./edits/rotate-identity.ts");
	return explainMembership(error, environment);
}

/** oclif's own bound for what a definition parses to. */
// biome-ignore lint/suspicious/noExplicitAny: the signature that is overridden has it.
type Parsed = Record<string, any>;

/**
 * @typeParam Data what the command returns: printed as it is with `--json`, and handed to `render` without
 */
export abstract class BaseCommand<Data> extends Command {
	static override baseFlags = {
		json: Flags.boolean({ description: "print the result as JSON", helpGroup: "GLOBAL" }),
	};

	/**
	 * Whether what follows the first `--` is another program's command line. It is then not parsed, and is all of `argv`.
	 */
	static passesOn = false;

	protected readonly environment: Environment;
	protected readonly terminal: Terminal;
	/** The environment that is meant, and what named it; undefined where the command has no such flag. */
	#chosen: ChosenEnvironment | undefined;
	/** The exit status after a success; only a command that runs somebody else's program sets it. */
	protected exitStatus = 0;

	constructor(argv: string[], config: Interfaces.Config) {
		super(argv, config as never);
		this.environment = readEnvironment();
		this.terminal = processTerminal(wantsJson(argv), this.environment);
	}

	/**
	 * Does the work. Long-running commands print as they go (`this.terminal`) and return undefined.
	 * @throws AppError with an exit status; its `data`, if any, must be of type Data
	 */
	protected abstract execute(): Promise<Data>;

	/** Prints the data for a person. Called for an AppError's data too. */
	protected abstract render(data: Data, terminal: Terminal): void;

	/** Runs the command and reports how it went. Never throws. @returns the exit status */
	override async run(): Promise<number> {
		// oclif's own check that a command parses warns on stderr; a command without arguments need not.
		this.parsed = true;
		try {
			const data = await this.execute();
			if (data !== undefined) this.show(data);
			return this.exitStatus;
		} catch (thrown) {
			const error = await explained(thrown, this.environment, this.#chosen);
			return reportFailure(error, this.terminal, this.environment, (data) =>
				this.render(data as Data, this.terminal),
			);
		}
	}

	private show(data: Data): void {
		if (this.terminal.json) this.terminal.document(data);
		else this.render(data, this.terminal);
	}

	/**
	 * Puts in the environment that is meant where no flag names one, and notes it for hints.
	 * @param parsed what oclif made of the arguments; its `flags` are changed
	 */
	async #chooseEnvironment(definition: typeof BaseCommand, { flags, metadata }: Parsed): Promise<void> {
		// oclif leaves a command without flags of its own without the property.
		const own: Readonly<Record<string, unknown>> | undefined = definition.flags;
		const isMultiple = own?.["environment"] === environmentsFlag;
		const isAsked = isMultiple || own?.["environment"] === environmentFlag;
		if (isAsked && metadata.flags.environment?.setFromDefault !== true) {
			this.#chosen = { name: String(flags.environment), source: "flag" };
			setMeantEnvironment(undefined);
			return;
		}
		try {
			const chosen = await defaultEnvironment(this.environment);
			setMeantEnvironment(chosen.name);
			if (!isAsked) return;
			this.#chosen = chosen;
			flags.environment = isMultiple ? [chosen.name] : chosen.name;
		} catch (error) {
			// Who asks for no environment need not hear of a coffer.json that cannot say one.
			if (isAsked || !(error instanceof AppError)) throw error;
		}
	}

	/**
	 * Parses the arguments by the class's statics: `const { args, argv, flags } = await this.parse(TheCommand)`. `argv` has
	 * the words that are no flags, in the order and the number in which they were typed.
	 * @throws AppError `USAGE` (exit 2), which repeats nothing of what was typed
	 */
	protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
		options?: Interfaces.Input<F, B, A>,
		argv = this.argv,
	): Promise<Interfaces.ParserOutput<F, B, A>> {
		const definition = this.ctor as typeof BaseCommand;
		const name = (definition.id ?? "").replaceAll(":", " ");
		const { own, passed } = definition.passesOn ? splitAtDashes(argv) : { own: argv, passed: undefined };
		// oclif takes a missing argument from the first lines of stdin; stdin belongs to the command.
		for (const argument of Object.values(definition.args)) argument.ignoreStdin = true;
		try {
			const parsed = await super.parse(options, own);
			const words = wordsOf(parsed.raw);
			if (passed && words.length > 0)
				throw usageError("Only flags may stand before '--'; the command follows it.", name);
			await this.#chooseEnvironment(definition, parsed);
			return { ...parsed, argv: passed ?? words };
		} catch (error) {
			throw translateParseError(error, {
				name,
				flags: { ...definition.baseFlags, ...definition.flags },
				args: definition.args,
			});
		}
	}
}
