/**
 * Moves the flags that most commands have (`--json`, `-e NAME`) from before or between a command's words to
 * after them, because the command's parser expects them there: `coffer -e preview secrets list`. Pure.
 */
import type { IsKnown } from "./aliases.ts";

/**
 * The number of arguments of the global flag with which they begin, its value included; 0 if they do not begin with
 * one.
 */
function globalFlagLength([first = "", second]: readonly string[]): number {
	if (first === "--json" || first.startsWith("--environment=")) return 1;
	if (first === "-e" || first === "--environment") return second === undefined ? 1 : 2;
	return /^-e[^-]/.test(first) ? 1 : 0;
}

/**
 * The same command line with the global flags after the command's words.
 * @param isKnown whether an id is a command or a topic; aliases count
 * @param isCommand whether an id is a command; aliases count. A word after a command may be an argument
 */
export function withFlagsLast(argv: readonly string[], isKnown: IsKnown, isCommand: IsKnown): string[] {
	const words: string[] = [];
	const flags: string[] = [];
	let at = 0;
	while (at < argv.length) {
		const word = argv[at] ?? "";
		const length = globalFlagLength(argv.slice(at));
		const id = words.join(":");
		const isWord = !word.startsWith("-") && (isKnown(`${id}:${word}`) || !isCommand(id));
		if (length > 0) flags.push(...argv.slice(at, at + length));
		else if (isWord) words.push(word);
		else break;
		at += Math.max(1, length);
	}
	return words.length === 0 ? [...argv] : [...words, ...flags, ...argv.slice(at)];
}
