/**
 * The words of a command line, in the order and the number in which they were typed.
 */
import { readFileSync } from "node:fs";
import { AppError, EXIT } from "../../errors.ts";

/** A word or a flag, as oclif's parser reports what it has read. */
interface Token {
	readonly type: "arg" | "flag";
	readonly input: string;
}

/**
 * The words that are no flags, as they were typed. oclif's own list (`argv`) is sorted by where each text first occurs,
 * the values of flags included: a word that occurs twice moves.
 * @param raw the `raw` of oclif's parser output
 */
export function wordsOf(raw: readonly Token[]): string[] {
	return raw.filter(({ type }) => type === "arg").map(({ input }) => input);
}

export interface SplitArguments {
	/** What stands before the first `--`: the command's own flags. */
	readonly own: string[];
	/** What follows it, untouched; undefined where there is no `--`. */
	readonly passed: string[] | undefined;
}

/** Splits at the first `--`, wherever it stands. */
export function splitAtDashes(argv: readonly string[]): SplitArguments {
	const at = argv.indexOf("--");
	if (at < 0) return { own: [...argv], passed: undefined };
	return { own: argv.slice(0, at), passed: argv.slice(at + 1) };
}

/** What Node puts in place of bytes that are not UTF-8. It may also have been typed. */
const REPLACEMENT = "\uFFFD";

/** The arguments of this process as the system has them, or undefined where it does not say. */
function systemArguments(): Buffer[] | undefined {
	let bytes: Buffer;
	try {
		bytes = readFileSync("/proc/self/cmdline");
	} catch {
		return undefined;
	}
	const found: Buffer[] = [];
	for (let from = 0; from < bytes.length; ) {
		const end = bytes.indexOf(0, from);
		if (end < 0) break;
		found.push(bytes.subarray(from, end));
		from = end + 1;
	}
	return found;
}

/**
 * Holds that the last arguments of this process are text. Node replaces bytes that are not UTF-8 as it reads its arguments,
 * so that a program to which they are handed on would get other ones.
 * @param words the process's last arguments
 * @param system gives the process's arguments in bytes
 * @throws AppError `ARGUMENT_NOT_TEXT` (exit 2), which says which word it is and repeats nothing of it
 */
export function requireText(words: readonly string[], system = systemArguments): void {
	if (!words.some((word) => word.includes(REPLACEMENT))) return;
	const found = system()?.slice(-words.length);
	const index = words.findIndex(
		(word, at) => word.includes(REPLACEMENT) && !found?.[at]?.equals(Buffer.from(word)),
	);
	if (index < 0) return;
	throw new AppError({
		code: "ARGUMENT_NOT_TEXT",
		message: `Word ${index + 1} of the command is not UTF-8 text, and could not be handed on as it is.`,
		hint: "Write the command into a script, and run that: coffer run -- sh SCRIPT",
		exit: EXIT.usage,
	});
}
