/**
 * Replaces the messages of oclif's parse errors. oclif repeats what the user typed (`Unexpected argument: API_KEY=…`),
 * and a command line may contain secrets. So these messages name only arguments and flags that the command defines.
 */
import { editDistance } from "../../edit-distance.ts";
import { AppError, EXIT } from "../../errors.ts";

/** The part of a command's definition that a message may name. */
export interface CommandShape {
	/** `secrets set`; empty if the command line names no command. */
	readonly name: string;
	readonly flags: Readonly<Record<string, object>>;
	readonly args: Readonly<Record<string, object>>;
}

/** A `USAGE` error (exit 2) whose hint names the command's help. */
export function usageError(message: string, commandName: string): AppError {
	const help = ["coffer", commandName, "--help"].filter((word) => word !== "").join(" ");
	return new AppError({ code: "USAGE", message, hint: `See \`${help}\`.`, exit: EXIT.usage });
}

/** The known word that is nearest to what the user typed, if it is near enough to be a typing mistake. */
export function closest(typed: string, known: readonly string[]): string | undefined {
	const near = known
		.map((word) => ({ word, away: editDistance(typed, word) }))
		.filter(({ word, away }) => away <= Math.max(1, Math.floor(word.length / 3)))
		.sort((a, b) => a.away - b.away);
	return near[0]?.word;
}

/** Flags of other tools, and the flags of Coffer that do the same. */
const FLAG_ALIASES: Readonly<Record<string, string>> = {
	env: "environment",
	envs: "environment",
	stage: "environment",
	config: "environment",
	file: "env-file",
	force: "yes",
	show: "reveal",
	plain: "reveal",
	follow: "follow",
	tail: "follow",
	value: "stdin",
};

/**
 * The typed flag, if it is only a name: lower-case words, or one letter. Any other text may be a value in the
 * wrong place, and is not repeated.
 */
function flagNameOf(typed: string): string | undefined {
	const long = /^--([a-z]{1,12}(?:-[a-z]{1,12}){0,2})(?:=|$)/.exec(typed)?.[1];
	if (long !== undefined) return `--${long}`;
	return /^-[A-Za-z]/.test(typed) ? typed.slice(0, 2) : undefined;
}

/**
 * The flag that the user probably meant: the flag for another tool's name, the only flag with that prefix, or the
 * nearest.
 */
function intendedFlag(typed: string, known: readonly string[]): string | undefined {
	const name = /^--([A-Za-z][A-Za-z-]*)/.exec(typed)?.[1]?.toLowerCase();
	if (name === undefined) return undefined;
	const aliases = Object.keys(FLAG_ALIASES).filter((word) => known.includes(FLAG_ALIASES[word] ?? ""));
	const resolved = (word: string | undefined) => FLAG_ALIASES[word ?? ""] ?? word;
	if (aliases.includes(name)) return resolved(name);
	const withPrefix = known.filter((flag) => name.length > 2 && flag.startsWith(name));
	return withPrefix.length === 1 ? withPrefix[0] : resolved(closest(name, [...known, ...aliases]));
}

function unknownFlag(typed: string, shape: CommandShape): string {
	const flag = flagNameOf(typed);
	const intended = intendedFlag(typed, Object.keys(shape.flags));
	const problem = flag === undefined ? "was given a flag that it does not have" : `has no flag ${flag}`;
	const meant = intended === undefined ? "." : `; did you mean --${intended}?`;
	// The flag is probably one of the command that is to be run.
	const apart = shape.name === "run" && intended === undefined ? " Put -- before the command to run." : "";
	return `\`coffer ${shape.name}\` ${problem}${meant}${apart}`;
}

function unexpected(extra: number, shape: CommandShape): string {
	const takes = Object.keys(shape.args).length;
	const allowed = takes === 0 ? "no arguments" : takes === 1 ? "one argument" : `${takes} arguments`;
	return `\`coffer ${shape.name}\` takes ${allowed}, but was given ${takes + extra}.`;
}

function missing(args: readonly { name?: string }[]): string {
	const names = args.map(({ name = "" }) => name.toUpperCase());
	return names.length === 1
		? `The argument ${names[0]} is missing.`
		: `The arguments ${names.join(", ")} are missing.`;
}

const FLAG_SENTENCES: readonly [RegExp, (name: string, shape: CommandShape) => string][] = [
	[/^Flag --([\w-]+) expects /, (name, shape) => `--${name} needs a value${oneOf(shape.flags[name])}.`],
	[/^Flag --([\w-]+) can only be specified once/, (name) => `--${name} may be given only once.`],
	[
		/^Expected --([\w-]+)=/,
		(name, shape) => `The value of --${name} is not valid${oneOf(shape.flags[name])}.`,
	],
	[/^Parsing --([\w-]+) /, (name) => `The value of --${name} is not valid.`],
	[/Missing required flag ([\w-]+)\n/, (name) => `--${name} is missing.`],
];

function oneOf(definition: object | undefined): string {
	const options = definition !== undefined && "options" in definition ? definition.options : undefined;
	return Array.isArray(options) ? `: one of ${options.join(", ")}` : "";
}

/** Names both flags of `--a=VALUE cannot also be provided when using --b`, without the value. */
function exclusive(message: string, shape: CommandShape): string | undefined {
	const first = /--([a-z][\w-]*)=/.exec(message)?.[1];
	const second = /cannot also be provided when using --([\w-]+)/.exec(message)?.[1];
	if (first === undefined || second === undefined) return undefined;
	return first in shape.flags && second in shape.flags
		? `--${first} cannot be used together with --${second}.`
		: undefined;
}

/** Names both flags of `All of the following must be provided when using --a: --b`. */
function dependent(message: string, shape: CommandShape): string | undefined {
	const [, first = "", second = ""] = /provided when using --([\w-]+): --([\w-]+)/.exec(message) ?? [];
	return first in shape.flags && second in shape.flags
		? `--${first} can only be used together with --${second}.`
		: undefined;
}

function explainFlags(message: string, shape: CommandShape): string | undefined {
	for (const [pattern, sentence] of FLAG_SENTENCES) {
		const name = pattern.exec(message)?.[1];
		if (name !== undefined && name in shape.flags) return sentence(name, shape);
	}
	return exclusive(message, shape) ?? dependent(message, shape);
}

function invalidArgument(shape: CommandShape): string {
	const choices = Object.entries(shape.args).filter(([, definition]) => oneOf(definition) !== "");
	const [name, definition] = choices.length === 1 ? (choices[0] ?? []) : [];
	return name === undefined
		? "An argument is not valid."
		: `The argument ${name.toUpperCase()} is not valid${oneOf(definition)}.`;
}

function explain(error: Error, shape: CommandShape): string {
	const { name: kind } = error.constructor;
	if (kind === "RequiredArgsError" && "args" in error) return missing(error.args as { name?: string }[]);
	if (kind === "UnexpectedArgsError" && "args" in error)
		return unexpected((error.args as string[]).length, shape);
	if (kind === "NonExistentFlagsError" && "flags" in error)
		return unknownFlag(String((error.flags as string[])[0]), shape);
	if (kind === "ArgInvalidOptionError") return invalidArgument(shape);
	return explainFlags(error.message, shape) ?? "These arguments and flags cannot be used together.";
}

/** Removes the text that oclif's parser adds around the message of an AppError that a flag's parser threw. */
function unwrapped(error: AppError): AppError {
	error.message = error.message
		.replace(/^Parsing --[\w-]+ \n\t/, "")
		.replace(/\nSee more help with --help$/, "");
	return error;
}

/** The error to throw instead of an error from oclif's parser. Other errors are returned unchanged. */
export function translateParseError(error: unknown, shape: CommandShape): unknown {
	if (error instanceof AppError) return unwrapped(error);
	if (!(error instanceof Error)) return error;
	// Each class of errors in oclif has this property.
	const fromParser = "oclif" in error || error.message.startsWith("Parsing --");
	return fromParser ? usageError(explain(error, shape), shape.name) : error;
}
