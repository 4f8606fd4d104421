/** Finds the command that a command line names exactly, without oclif and its manifest. */
import type { BaseCommand } from "./command.ts";
import type { IsKnown } from "./command-words/aliases.ts";
import { commandFirst } from "./command-words/command-first.ts";
import { asksForHelp } from "./command-words/help-words.ts";

/** The commands of the bundle: a path such as `secrets/set` → a function that loads the class. */
export type Commands = Readonly<Record<string, () => typeof BaseCommand<unknown>>>;

export interface DirectCommand {
	readonly command: typeof BaseCommand<unknown>;
	/** The arguments after the command's words. */
	readonly argv: string[];
}

/** The most words of a command. */
const WORDS_MAX = 3;

/**
 * Finds the command that a command line names, with aliases and global flags before its words.
 * @returns undefined if oclif has to decide: for help, for the version, for a command line that names no command, and
 *   for a command that needs oclif's configuration
 */
export function findDirectly(typed: readonly string[], commands: Commands): DirectCommand | undefined {
	const paths = new Set(Object.keys(commands));
	const isCommand: IsKnown = (id) => paths.has(id.replaceAll(":", "/"));
	const isTopic: IsKnown = (id) => [...paths].some((path) => path.startsWith(`${id.replaceAll(":", "/")}/`));
	const argv = commandFirst(typed, { isCommand, isKnown: (id) => isCommand(id) || isTopic(id) });
	if (asksForHelp(argv)) return undefined;
	for (let words = WORDS_MAX; words > 0; words--) {
		const id = argv.slice(0, words).join(":");
		if (id.split(":").length !== words || !isId(id) || !isCommand(id)) continue;
		const load = commands[id.replaceAll(":", "/")];
		if (load === undefined) return undefined;
		const command = load();
		if (command.needsConfig) return undefined;
		command.id = id;
		return { command, argv: argv.slice(words) };
	}
	return undefined;
}

/** Whether an id may be the id of a command. oclif handles words in which the user has typed a `:` or a `/`. */
function isId(id: string): boolean {
	return /^[a-z][a-z0-9-]*(?::[a-z][a-z0-9-]*)*$/.test(id);
}
