/**
 * The base class of every command. A command has statics (summary, arguments, flags, examples), `execute`,
 * which makes one service call and returns data, and `render`, which prints that data as text.
 */
import { type Command, Flags, type Interfaces } from "@oclif/core";
import { DEFAULT_ENVIRONMENT, setImplicitEnvironment } from "../environment-hint.ts";
import { AppError } from "../errors.ts";
import {
	type ChosenEnvironment,
	defaultEnvironment,
	explainEnvironment,
} from "./chosen-environment/choose.ts";
import { splitAtDashes, wordsOf } from "./shell/arguments.ts";
import { reportFailure } from "./shell/failure.ts";
import { parsePlainly } from "./shell/plain-arguments.ts";
import { type Environment, readEnvironment } from "./shell/process-environment.ts";
import { processTerminal, type Terminal, wantsJson } from "./shell/terminal.ts";
import { translateParseError, usageError } from "./shell/usage.ts";

/**
 * `-e, --environment`, for every command that works with secrets. If the user leaves it out, `parse` sets it
 * to the environment that COFFER_ENVIRONMENT or the project names.
 */
export const environmentFlag = Flags.string({
	char: "e",
	description: "environment to use; defaults to COFFER_ENVIRONMENT, the project's default, or production",
	default: async () => DEFAULT_ENVIRONMENT,
	// Without this, the help would show only production as the default.
	defaultHelp: async () => undefined,
	helpValue: "NAME",
});

/** Like `environmentFlag`, but repeatable: for commands that work on several environments. */
export const environmentsFlag = Flags.string({
	char: "e",
	description:
		"environment to use (repeatable); defaults to COFFER_ENVIRONMENT, the project's default, or production",
	default: async () => [DEFAULT_ENVIRONMENT],
	defaultHelp: async () => undefined,
	multiple: true,
	multipleNonGreedy: true,
	helpValue: "NAME",
});

/** `--no-sync`, for commands that edit the vault and then sync. */
export const noSyncFlag = Flags.boolean({ description: "change only the vault, and do not sync" });

/** `--no-wait`, for commands that a platform with several nodes applies on all of them. */
export const noWaitFlag = Flags.boolean({
	description: "do not wait until all nodes of the platform have followed",
});

/** `-y, --yes`, for commands that ask before they do something that cannot be undone. */
export const yesFlag = Flags.boolean({ char: "y", description: "do not ask for confirmation" });

/** `--url`, for commands that administer a platform. */
export const platformUrlFlag = Flags.string({
	description:
		"address of the platform's control API; defaults to the platform that the environment is linked with",
	helpValue: "URL",
});

/**
 * Adds to an error what this device knows about its cause. The code for that is loaded only for an error that
 * it can explain.
 */
async function explainError(
	error: unknown,
	environment: Environment,
	chosen: ChosenEnvironment | undefined,
): Promise<unknown> {
	if (!(error instanceof AppError)) return error;
	if (["PROJECT_NOT_FOUND", "VAULT_NOT_FOUND"].includes(error.code)) {
		const { explainMissingVault } = await import("./context/other-vaults.ts");
		return explainMissingVault(error);
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

/** oclif's constraint on the types of parsed flags and arguments. */
// biome-ignore lint/suspicious/noExplicitAny: the signature that is overridden has it.
type Parsed = Record<string, any>;

/** @typeParam Data the command's result; printed unchanged with `--json`, and passed to `render` without */
export abstract class BaseCommand<Data> {
	/** The statics that oclif reads for its manifest and its help, as its own `Command` has them. */
	static aliases: string[] = [];
	static hiddenAliases: string[] = [];
	static args: Interfaces.ArgInput = {};
	static flags: Interfaces.FlagInput = {};
	static description: string | undefined;
	static enableJsonFlag = false;
	static examples: Command.Example[] | undefined;
	static hasDynamicHelp = false;
	static hidden: boolean;
	static id: string;
	static strict = true;
	static summary: string | undefined;
	static usage: string | string[] | undefined;
	static baseFlags = {
		json: Flags.boolean({ description: "print the result as JSON", helpGroup: "GLOBAL" }),
	};

	/** Whether the words after the first `--` are another program's command line. They are then `argv`, not parsed. */
	static passesOn = false;
	/** Whether the command reads oclif's configuration (`this.config`). */
	static needsConfig?: boolean;

	protected readonly environment: Environment;
	protected readonly terminal: Terminal;
	/** The environment that the command uses, and the source of its name; undefined if the command has no such flag. */
	#chosen: ChosenEnvironment | undefined;
	/** The exit status after success. Only a command that runs another program, or has a flag for it, sets it. */
	protected exitStatus = 0;
	readonly argv: string[];
	readonly #config: Interfaces.Config | undefined;

	/** @param config undefined for a command without `needsConfig` */
	constructor(argv: string[], config?: Interfaces.Config) {
		this.argv = argv;
		this.#config = config;
		this.environment = readEnvironment();
		this.terminal = processTerminal(wantsJson(argv), this.environment);
	}

	/**
	 * Does the work. A command that runs until it is stopped prints its output itself (`this.terminal`) and returns
	 * undefined.
	 * @throws AppError with an exit status; its `data`, if any, must be of type Data
	 */
	protected abstract execute(): Promise<Data>;

	/** Prints the data as text. Also called for the data of an AppError. */
	protected abstract render(data: Data, terminal: Terminal): void;

	/** Runs a command line. oclif also calls it. @returns the exit status */
	static async run(this: unknown, argv: string[], config?: Interfaces.Config): Promise<number> {
		// biome-ignore lint/complexity/noThisInStatic: the class is the subclass that is called.
		const Subclass = this as new (argv: string[], config?: Interfaces.Config) => BaseCommand<unknown>;
		return await new Subclass(argv, config).run();
	}

	protected get config(): Interfaces.Config {
		if (this.#config === undefined)
			throw new TypeError("A command that reads the configuration sets needsConfig.");
		return this.#config;
	}

	/** Runs the command, and prints its result or its error. Never throws. @returns the exit status */
	async run(): Promise<number> {
		try {
			const data = await this.execute();
			if (data !== undefined) this.show(data);
			return this.exitStatus;
		} catch (thrown) {
			const error = await explainError(thrown, this.environment, this.#chosen);
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
	 * Sets the environment if no flag names one, and remembers it for hints.
	 * @param parsed the arguments as oclif parsed them; its `flags` are changed
	 */
	async #chooseEnvironment(definition: typeof BaseCommand, { flags, metadata }: Parsed): Promise<void> {
		// oclif sets no `flags` for a command that defines none.
		const defined: Readonly<Record<string, unknown>> | undefined = definition.flags;
		const isMultiple = defined?.["environment"] === environmentsFlag;
		const hasFlag = isMultiple || defined?.["environment"] === environmentFlag;
		if (hasFlag && metadata.flags.environment?.setFromDefault !== true) {
			this.#chosen = { name: String(flags.environment), source: "flag" };
			setImplicitEnvironment(undefined);
			return;
		}
		try {
			const chosen = await defaultEnvironment(this.environment);
			setImplicitEnvironment(chosen.name);
			if (!hasFlag) return;
			this.#chosen = chosen;
			flags.environment = isMultiple ? [chosen.name] : chosen.name;
		} catch (error) {
			// A command without the flag must also work with a broken coffer.json.
			if (hasFlag || !(error instanceof AppError)) throw error;
		}
	}

	/**
	 * Parses the arguments by the class's statics: `const { args, argv, flags } = await
	 * this.parse(TheCommand)`. `argv` has the words that are not flags, exactly as the user typed them.
	 * @throws AppError `USAGE` (exit 2), which does not repeat what the user typed
	 */
	protected async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
		options?: Interfaces.Input<F, B, A>,
		argv = this.argv,
	): Promise<Interfaces.ParserOutput<F, B, A>> {
		const definition = this.constructor as typeof BaseCommand;
		const name = (definition.id ?? "").replaceAll(":", " ");
		const { own, passed } = definition.passesOn ? splitAtDashes(argv) : { own: argv, passed: undefined };
		// oclif would read a missing argument from the first lines of stdin, but stdin is the command's own
		// input.
		for (const argument of Object.values(definition.args)) argument.ignoreStdin = true;
		try {
			const parsed = await this.#parseWords<F, B, A>(
				(options ?? definition) as Interfaces.Input<F, B, A>,
				own,
			);
			const words = wordsOf(parsed.raw);
			if (passed && words.length > 0)
				throw usageError("Only flags may come before '--'. Put the command after it.", name);
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

	/** Parses a plain command line directly, and passes any other to oclif's parser, which reports the faults. */
	async #parseWords<F extends Parsed, B extends Parsed, A extends Parsed>(
		definition: Interfaces.Input<F, B, A>,
		argv: string[],
	): Promise<Interfaces.ParserOutput<F, B, A>> {
		const { args = {}, baseFlags, flags, strict } = definition;
		const shape = { args, flags: { ...baseFlags, ...flags }, strict: strict !== false };
		const plain = await parsePlainly(shape, argv, this);
		if (plain) return plain as unknown as Interfaces.ParserOutput<F, B, A>;
		const { parse } = await import("@oclif/core/parser");
		return await parse(argv, { ...shape, context: this } as never);
	}
}
