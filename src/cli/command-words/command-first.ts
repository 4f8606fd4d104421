/** Brings a command line into the order that parsers expect. Pure. */
import { type IsKnown, withoutAliases } from "./aliases.ts";
import { withFlagsLast } from "./global-flags.ts";

/**
 * Puts the words of the command first: replaces aliases, and moves global flags after the words.
 * @param known.isKnown whether an id such as `secrets:set` is a command or a topic
 */
export function commandFirst(
	argv: readonly string[],
	{ isCommand, isKnown }: { readonly isCommand: IsKnown; readonly isKnown: IsKnown },
): string[] {
	const resolved = (id: string) => withoutAliases(id.split(":"), isKnown).join(":");
	const reordered = withFlagsLast(
		argv,
		(id) => isKnown(resolved(id)),
		(id) => isCommand(resolved(id)),
	);
	return withoutAliases(reordered, isKnown);
}
