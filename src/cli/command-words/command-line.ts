/**
 * Finds the command that the user typed, or throws an error that suggests one. The error does not repeat what
 * the user typed, because a command line may contain secrets.
 */

import type { Interfaces } from "@oclif/core";
import { normalizeArgv } from "@oclif/core/help";
import type { AppError } from "../../errors.ts";
import { usageError } from "../shell/usage.ts";
import type { IsKnown } from "./aliases.ts";
import { commandFirst } from "./command-first.ts";
import { hintFor } from "./hints.ts";
import { suggester } from "./suggestion.ts";

/** Puts the words of the command first: replaces aliases, and moves global flags after the words. */
export function normalizeCommandLine(config: Interfaces.Config, argv: readonly string[]): string[] {
	const isCommand: IsKnown = (id) => config.findCommand(id) !== undefined;
	return commandFirst(argv, {
		isCommand,
		isKnown: (id) => isCommand(id) || config.findTopic(id) !== undefined,
	});
}

/** The error for a command line that does not begin with a command. */
function unknownCommand(config: Interfaces.Config, typed: readonly string[]): AppError {
	const visible = config.commands.filter(({ hidden }) => hidden !== true).map((command) => command.id);
	const topics = config.topics.map(({ name }) => name);
	const suggested = suggester([...visible, ...topics])(typed);
	const hint = suggested === undefined ? hintFor(typed) : `Did you mean \`coffer ${suggested}\`?`;
	const topic = topics.find((name) => name === typed[0]) ?? "";
	return usageError(["There is no such command.", hint].filter(Boolean).join(" "), topic);
}

/**
 * Checks that a command line begins with a command, or is only a topic.
 * @param argv the result of `normalizeCommandLine`, without a flag that asks for help
 * @throws AppError `USAGE` (exit 2)
 */
export function requireCommand(config: Interfaces.Config, argv: string[]): void {
	const [id = "", ...rest] = normalizeArgv(config, [...argv]);
	if (id === "" || config.findCommand(id) !== undefined) return;
	const name = id.replaceAll(":", " ");
	if (id.startsWith("-")) throw usageError("A command is missing. Flags come after the command.", "");
	if (config.findTopic(id) !== undefined) {
		if (rest.length === 0) return;
		throw usageError(`A command is missing after \`coffer ${name}\`.`, name);
	}
	const typed = id.split(":");
	for (let words = typed.length - 1; words > 0; words--) {
		const known = config.findCommand(typed.slice(0, words).join(":"));
		if (known) throw usageError("This command does not take that argument.", known.id.replaceAll(":", " "));
	}
	throw unknownCommand(config, typed);
}
