/**
 * Suggests a command for a mistyped one. Users copy a suggestion without reading it closely. So it never names a
 * command that deletes something, it does not correct a word with another meaning, and it names no command if two are
 * equally near. Pure.
 */
import { editDistance } from "../../edit-distance.ts";
import { aliasWords } from "./aliases.ts";
import { allHints } from "./hints.ts";

/** The verbs of commands that delete, replace or end something. */
export const DESTRUCTIVE: ReadonlySet<string> = new Set([
	"accept",
	"delete",
	"remove",
	"reseal",
	"resolve",
	"restore",
	"revoke",
	"role",
	"rollback",
	"rotate",
	"stop",
	"unlink",
]);

/** Further words that are never corrected, besides the words of Coffer's commands, aliases and hints. */
const OTHER_WORDS =
	"apply archive backup build cancel change clean clear close commit config configure debug decrypt describe destroy disable drop enable encrypt forget generate help info inspect install kill lock merge open patch prune purge refresh reload replace reset restart resume scan seal search send sort store test trash uninstall unlock unseal upgrade wipe";

/** The largest number of changed letters that counts as a typing mistake. */
function editsMax(word: string): number {
	return word.length <= 5 ? 1 : 2;
}

/**
 * The number of changed letters between the typed words and a command; undefined if a word is a different
 * word.
 */
function distance(
	typed: readonly string[],
	command: readonly string[],
	meaningful: ReadonlySet<string>,
): number | undefined {
	let total = 0;
	for (const [index, word] of command.entries()) {
		const typedWord = typed[index] ?? "";
		if (typedWord === word) continue;
		const max = editsMax(word);
		if (meaningful.has(typedWord) || Math.abs(typedWord.length - word.length) > max) return undefined;
		const edits = editDistance(typedWord, word);
		if (edits > max) return undefined;
		total += edits;
	}
	return total;
}

/** All words that are never corrected. */
function meaningfulWords(commands: readonly string[]): Set<string> {
	const hinted = allHints().flatMap(({ words }) => words.split(" "));
	return new Set([
		...commands.flatMap((id) => id.split(":")),
		...aliasWords(),
		...hinted,
		...OTHER_WORDS.split(" "),
	]);
}

/** Finds the command that mistyped words mean. @param typed words without aliases; arguments may follow */
export type Suggest = (typed: readonly string[]) => string | undefined;

/**
 * Returns the function that finds the nearest command, as words; undefined if none is near, if several are equally
 * near, or if it is destructive.
 * @param commands the ids of commands and topics (`secrets:set`, `secrets`)
 */
export function suggester(commands: readonly string[]): Suggest {
	const meaningful = meaningfulWords(commands);
	const known = [...new Set(commands)].map((id) => id.split(":"));
	return (typed) => {
		const near = known
			.map((words) => ({ words, away: distance(typed, words, meaningful) }))
			.filter((one): one is { words: string[]; away: number } => (one.away ?? 0) > 0)
			// A command comes before its topic, because more of its words match.
			.sort((a, b) => b.words.length - a.words.length || a.away - b.away);
		const [best, next] = near;
		if (!best || DESTRUCTIVE.has(best.words.at(-1) ?? "")) return undefined;
		const isTied = next?.words.length === best.words.length && next.away === best.away;
		return isTied ? undefined : best.words.join(" ");
	};
}
