/**
 * Which command a mistyped one was meant to be. Pure. A suggestion is copied without a second look: so it never names a
 * command that takes something away, nor one for a word that means something by itself, and of two that are as near it names none.
 */
import { editDistance } from "../../edit-distance.ts";
import { aliasWords } from "./aliases.ts";
import { allHints } from "./hints.ts";

/** Verbs of commands that take something away, or replace it. */
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
	"unlink",
]);

/** Words with a meaning of their own beside those of Coffer's commands, aliases and hints. */
const OTHER_WORDS =
	"apply archive backup build cancel change clean clear close commit config configure debug decrypt describe destroy diff disable drop edit enable encrypt forget generate help info inspect install kill lock merge open patch prune purge refresh reload rename replace reset restart resume scan seal search send sort stop store test trash uninstall unlock unseal upgrade wipe";

/** How many changes of a word are still that word. */
function editsMax(word: string): number {
	return word.length <= 5 ? 1 : 2;
}

/** How far typed words are from a command's; undefined where one of them is another word. */
function distance(
	typed: readonly string[],
	command: readonly string[],
	meaningful: ReadonlySet<string>,
): number | undefined {
	let total = 0;
	for (const [index, word] of command.entries()) {
		const as = typed[index] ?? "";
		if (as === word) continue;
		const max = editsMax(word);
		if (meaningful.has(as) || Math.abs(as.length - word.length) > max) return undefined;
		const edits = editDistance(as, word);
		if (edits > max) return undefined;
		total += edits;
	}
	return total;
}

/** Words that people may mean as they stand. */
function meaningfulWords(commands: readonly string[]): Set<string> {
	const hinted = allHints().flatMap(({ words }) => words.split(" "));
	return new Set([
		...commands.flatMap((id) => id.split(":")),
		...aliasWords(),
		...hinted,
		...OTHER_WORDS.split(" "),
	]);
}

/**
 * The command that was meant, in words; undefined where none is near, several are, or the one is destructive.
 * @param typed words without aliases; arguments may follow
 * @param commands ids of commands and topics (`secrets:set`, `secrets`)
 */
export function suggestion(typed: readonly string[], commands: readonly string[]): string | undefined {
	const meaningful = meaningfulWords(commands);
	const near = [...new Set(commands)]
		.map((id) => ({ words: id.split(":"), away: distance(typed, id.split(":"), meaningful) }))
		.filter((one): one is { words: string[]; away: number } => (one.away ?? 0) > 0)
		// The command is nearer than its topic, whose words it begins with.
		.sort((a, b) => b.words.length - a.words.length || a.away - b.away);
	const [best, next] = near;
	if (!best || DESTRUCTIVE.has(best.words.at(-1) ?? "")) return undefined;
	const isTied = next?.words.length === best.words.length && next.away === best.away;
	return isTied ? undefined : best.words.join(" ");
}
