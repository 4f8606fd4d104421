/**
 * The base of every command. A command is its statics (summary, arguments, flags, examples), `execute`, which
 * makes one service call and returns data, and `render`, which prints that data for a person.
 */
import { Command, Flags, type Interfaces } from "@oclif/core";
import { AppError } from "../errors.ts";
import { DEFAULT_ENVIRONMENT } from "../vault/syntax.ts";
import { splitAtDashes, wordsOf } from "./arguments.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { reportFailure } from "./failure.ts";
import { processTerminal, type Terminal, wantsJson } from "./terminal.ts";
import { translateParseError, usageError } from "./usage.ts";

/** `-e, --environment`, for every command that touches secrets. */
export const environmentFlag = Flags.string({
	char: "e",
	description: "environment to use",
	default: DEFAULT_ENVIRONMENT,
	helpValue: "NAME",
});

/** `--url`, for commands that administer a platform. */
export const platformUrlFlag = Flags.string({
	description: "the platform's control address; if left out, the one that the environment is linked with",
	helpValue: "URL",
});

/** An error with what this device knows of its reason. What that takes is loaded when something is to be explained. */
async function explained(error: unknown, environment: Environment): Promise<unknown> {
	if (!(error instanceof AppError)) return error;
	if (["MEMBERSHIP_OLDER", "EPOCH_OLDER", "MEMBERSHIP_DIVERGED"].includes(error.code)) {
		const { explainLacking } = await import("./undo/diagnosis.ts");
		return explainLacking(error, environment);
	}
	if (!["NOT_A_MEMBER", "NOT_AN_OWNER"].includes(error.code)) return error;
	const { explainMembership } = await import("./rotation.ts");
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
			const error = await explained(thrown, this.environment);
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
