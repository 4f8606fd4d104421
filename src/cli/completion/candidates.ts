/**
 * Finds the words that may follow at the cursor: the pure part of shell completion. It reads the definitions
 * of commands, and asks for the names of a project's secrets, environments, functions and members.
 */
import { type IsKnown, withoutAliases } from "../command-words/aliases.ts";
import { withFlagsLast } from "../command-words/global-flags.ts";

/**
 * The kind of completion: `words`, or one that the shell does itself. `command`: another program's command line follows
 * `--`.
 */
export type Kind = "words" | "files" | "folders" | "command";

export interface Candidate {
	readonly value: string;
	readonly description: string;
}

export interface Completion {
	readonly kind: Kind;
	readonly candidates: readonly Candidate[];
}

/** The part of a command's definition that completion uses. It comes from oclif's manifest. */
export interface CommandDefinition {
	readonly id: string;
	readonly summary?: string | undefined;
	readonly hidden?: boolean | undefined;
	readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
	readonly flags: Readonly<Record<string, FlagDefinition>>;
}

export interface FlagDefinition {
	readonly type: "boolean" | "option";
	readonly char?: string | undefined;
	readonly description?: string | undefined;
	readonly helpValue?: string | readonly string[] | undefined;
	readonly options?: readonly string[] | undefined;
	readonly multiple?: boolean | undefined;
}

export type NameKind = "secrets" | "environments" | "functions" | "members";

export interface Catalogue {
	readonly commands: readonly CommandDefinition[];
	readonly topics: readonly { readonly name: string; readonly description?: string | undefined }[];
	/** The environment of a command without the flag. */
	readonly environment: string;
	/** The names in the project; empty if there are none. */
	names(kind: NameKind, environment: string): readonly string[];
}

const NOTHING: Completion = { kind: "words", candidates: [] };

/** The kind of each command's arguments. */
const ARGUMENTS: Readonly<Record<string, NameKind | "files" | "folders">> = {
	"environments:default": "environments",
	"environments:delete": "environments",
	"functions:delete": "functions",
	"functions:deploy": "functions",
	"functions:logs": "functions",
	"functions:references": "functions",
	"identity:export": "files",
	"identity:import": "files",
	"members:debt:accept": "secrets",
	"members:remove": "members",
	"members:role": "members",
	plan: "secrets",
	"platform:backup": "folders",
	"platform:restore": "folders",
	scan: "files",
	"secrets:copy": "secrets",
	"secrets:delete": "secrets",
	"secrets:diff": "environments",
	"secrets:export": "secrets",
	"secrets:get": "secrets",
	"secrets:history": "secrets",
	"secrets:list": "secrets",
	"secrets:rename": "secrets",
	"secrets:rollback": "secrets",
	"secrets:set": "secrets",
	sync: "secrets",
	"vault:reseal": "secrets",
	"vault:resolve": "secrets",
	"vault:restore": "secrets",
};

function named(values: readonly string[], typed: string, description = ""): Completion {
	const candidates = values
		.filter((value) => value.startsWith(typed))
		.map((value) => ({ value, description }));
	return { kind: "words", candidates };
}

/** Joins words that the shell split: bash splits `--flag=value` into three words. */
export function rejoinWords(words: readonly string[]): string[] {
	const whole: string[] = [];
	for (const [index, word] of words.entries()) {
		const before = whole.at(-1) ?? "";
		const isSplit = (word === "=" && before !== "") || (words[index - 1] === "=" && before.endsWith("="));
		if (isSplit) whole[whole.length - 1] = before + word;
		else whole.push(word);
	}
	return whole;
}

/** The next words of the commands and topics that begin with the typed words. */
function nextWords({ commands, topics }: Catalogue, path: readonly string[], typed: string): Candidate[] {
	const found = new Map<string, string>();
	const visible = commands.filter(({ hidden }) => hidden !== true);
	const all = [
		...topics.map(({ name, description }) => ({ id: name, text: description })),
		...visible.map(({ id, summary }) => ({ id, text: summary })),
	];
	for (const { id, text } of all) {
		const words = id.split(":");
		const next = words[path.length];
		if (next === undefined || !next.startsWith(typed) || path.some((word, at) => word !== words[at]))
			continue;
		const isWhole = words.length === path.length + 1;
		if (isWhole || !found.has(next)) found.set(next, isWhole ? (text ?? "") : (found.get(next) ?? ""));
	}
	return [...found].map(([value, description]) => ({ value, description }));
}

/** The flag that a word names, by its name or letter, with or without a value after `=`. */
function flagOf({ flags }: CommandDefinition, word: string): [string, FlagDefinition] | undefined {
	const name = word.replace(/=.*$/s, "");
	return Object.entries(flags).find(([long, { char }]) => name === `--${long}` || name === `-${char}`);
}

function valuesOf([name, flag]: [string, FlagDefinition], catalogue: Catalogue, typed: string): Completion {
	if (flag.options) return named(flag.options, typed);
	if (flag.helpValue === "FILE") return { kind: "files", candidates: [] };
	if (flag.helpValue === "DIR") return { kind: "folders", candidates: [] };
	if (flag.helpValue !== "NAME") return NOTHING;
	if (["environment", "from", "to"].includes(name)) return named(catalogue.names("environments", ""), typed);
	return ["allow-unsafe", "only"].includes(name)
		? named(catalogue.names("secrets", catalogue.environment), typed)
		: NOTHING;
}

interface Typed {
	/** Words that are neither flags nor values of flags. */
	readonly words: readonly string[];
	/** The names of the flags in the line. */
	readonly given: ReadonlySet<string>;
	readonly environment: string;
	/** The flag whose value is at the cursor. */
	readonly open: [string, FlagDefinition] | undefined;
}

/** Reads the arguments between a command's words and the cursor. */
function readArguments(command: CommandDefinition, args: readonly string[], byDefault: string): Typed {
	const words: string[] = [];
	const given = new Set<string>();
	let environment = byDefault;
	let open: Typed["open"];
	for (const arg of args) {
		const flag = open ?? (arg.startsWith("-") ? flagOf(command, arg) : undefined);
		const value = open ? arg : /^--[^=]+=(.*)$/s.exec(arg)?.[1];
		if (!flag && !arg.startsWith("-")) words.push(arg);
		if (flag) given.add(flag[0]);
		if (flag && value !== undefined && ["environment", "from"].includes(flag[0])) environment = value;
		open = flag && flag[1].type === "option" && value === undefined ? flag : undefined;
	}
	return { words, given, environment, open };
}

function flagsOf({ flags }: CommandDefinition, given: ReadonlySet<string>, typed: string): Completion {
	const candidates = Object.entries(flags)
		.filter(([name, { multiple }]) => multiple || !given.has(name))
		.map(([name, { description = "" }]) => ({ value: `--${name}`, description }));
	const all = [...candidates, { value: "--help", description: "show help for the command" }];
	return { kind: "words", candidates: all.filter(({ value }) => value.startsWith(typed)) };
}

function argumentsOf(
	command: CommandDefinition,
	typed: Typed,
	catalogue: Catalogue,
	last: string,
): Completion {
	const kind = ARGUMENTS[command.id];
	if (kind === "files" || kind === "folders") return { kind, candidates: [] };
	const options = Object.values(command.args)[typed.words.length]?.options;
	if (options) return named(options, last);
	if (kind === undefined) return NOTHING;
	const names = catalogue.names(kind, typed.environment).filter((name) => !typed.words.includes(name));
	return named(names, last);
}

/** The command that a line begins with, and the arguments after its words. */
function commandOf(catalogue: Catalogue, argv: readonly string[]): [CommandDefinition | undefined, string[]] {
	for (let length = Math.min(3, argv.length); length > 0; length--) {
		const id = argv.slice(0, length).join(":");
		const command = catalogue.commands.find((one) => one.id === id);
		if (command) return [command, argv.slice(length)];
	}
	return [undefined, [...argv]];
}

/**
 * Finds the candidates for the word at the cursor.
 * @param line the words after the program's name, up to the cursor. The last one is the word at the cursor;
 *   it is empty if a new word begins
 */
export function complete(line: readonly string[], catalogue: Catalogue): Completion {
	const whole = rejoinWords(line);
	const before = whole.slice(0, -1);
	const last = whole.at(-1) ?? "";
	const isCommand: IsKnown = (id) => catalogue.commands.some((one) => one.id === id);
	const isKnown: IsKnown = (id) => isCommand(id) || catalogue.topics.some(({ name }) => name === id);
	const argv = withoutAliases(withFlagsLast(before, isKnown, isCommand), isKnown);
	const [command, args] = commandOf(catalogue, argv);
	if (before.includes("--")) return command?.id === "run" ? { kind: "command", candidates: [] } : NOTHING;
	if (!command) {
		const path = argv.filter((word) => !word.startsWith("-"));
		return { kind: "words", candidates: nextWords(catalogue, path, last) };
	}
	const typed = readArguments(command, args, catalogue.environment);
	if (typed.open) return valuesOf(typed.open, catalogue, last);
	const flag = last.startsWith("--") && last.includes("=") ? flagOf(command, last) : undefined;
	if (flag) return valuesOf(flag, catalogue, last.slice(last.indexOf("=") + 1));
	if (last.startsWith("-")) return flagsOf(command, typed.given, last);
	const { kind, candidates } = argumentsOf(command, typed, catalogue, last);
	const further = args.length === 0 ? nextWords(catalogue, command.id.split(":"), last) : [];
	return { kind, candidates: [...candidates, ...further] };
}
