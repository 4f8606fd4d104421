/**
 * From what was typed to the words of a command that exists, or to an error that says what was meant. Repeats nothing of
 * what was typed: a command line may hold secrets.
 */

import type { Interfaces } from "@oclif/core";
import { normalizeArgv } from "@oclif/core/help";
import type { AppError } from "../../errors.ts";
import { usageError } from "../shell/usage.ts";
import { type IsKnown, withoutAliases } from "./aliases.ts";
import { withFlagsBehind } from "./global-flags.ts";
import { hintFor } from "./hints.ts";
import { suggestion } from "./suggestion.ts";

/** The command line with a command's own words first: aliases replaced, global flags behind them. */
export function inOwnWords(config: Interfaces.Config, argv: readonly string[]): string[] {
	const isCommand: IsKnown = (id) => config.findCommand(id) !== undefined;
	const isKnown: IsKnown = (id) => isCommand(id) || config.findTopic(id) !== undefined;
	const own = (id: string) => withoutAliases(id.split(":"), isKnown).join(":");
	const reordered = withFlagsBehind(
		argv,
		(id) => isKnown(own(id)),
		(id) => isCommand(own(id)),
	);
	return withoutAliases(reordered, isKnown);
}

/** What is wrong with a command line that begins with no command. */
function noCommand(config: Interfaces.Config, typed: readonly string[]): AppError {
	const visible = config.commands.filter(({ hidden }) => hidden !== true).map((command) => command.id);
	const topics = config.topics.map(({ name }) => name);
	const meant = suggestion(typed, [...visible, ...topics]);
	const hint = meant === undefined ? hintFor(typed) : `Did you mean \`coffer ${meant}\`?`;
	const topic = topics.find((name) => name === typed[0]) ?? "";
	return usageError(["There is no such command.", hint].filter(Boolean).join(" "), topic);
}

/**
 * Holds that a command line begins with a command, or is a topic alone.
 * @param argv in a command's own words, without a flag that asks for help
 * @throws AppError `USAGE` (exit 2)
 */
export function requireCommand(config: Interfaces.Config, argv: string[]): void {
	const [id = "", ...rest] = normalizeArgv(config, [...argv]);
	if (id === "" || config.findCommand(id) !== undefined) return;
	const name = id.replaceAll(":", " ");
	if (id.startsWith("-")) throw usageError("A command is missing: flags stand behind one.", "");
	if (config.findTopic(id) !== undefined) {
		if (rest.length === 0) return;
		throw usageError(`A command is missing behind \`coffer ${name}\`.`, name);
	}
	const typed = id.split(":");
	for (let words = typed.length - 1; words > 0; words--) {
		const known = config.findCommand(typed.slice(0, words).join(":"));
		if (known) throw usageError("This command takes no such argument.", known.id.replaceAll(":", " "));
	}
	throw noCommand(config, typed);
}
