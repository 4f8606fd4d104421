/** The words of a command line, exactly as the user typed them. */
import { readFileSync } from "node:fs";
import { AppError, EXIT } from "../../errors.ts";

/** A word or a flag, as oclif's parser reports it. */
interface Token {
	readonly type: "arg" | "flag";
	readonly input: string;
}

/**
 * The words that are not flags, in the order in which the user typed them. oclif's own list (`argv`) sorts
 * words by the first occurrence of the same text, and also counts the values of flags. So a word that occurs
 * twice moves.
 * @param raw the `raw` of oclif's parser output
 */
export function wordsOf(raw: readonly Token[]): string[] {
	return raw.filter(({ type }) => type === "arg").map(({ input }) => input);
}

export interface SplitArguments {
	/** Everything before the first `--`: the command's own flags. */
	readonly own: string[];
	/** Everything after it, unchanged; undefined if there is no `--`. */
	readonly passed: string[] | undefined;
}

/** Splits at the first `--`, even if a flag expects a value there. */
export function splitAtDashes(argv: readonly string[]): SplitArguments {
	const at = argv.indexOf("--");
	if (at < 0) return { own: [...argv], passed: undefined };
	return { own: argv.slice(0, at), passed: argv.slice(at + 1) };
}

/** Node replaces bytes that are not UTF-8 with this character. A user may also type it. */
const REPLACEMENT = "\uFFFD";

/** The arguments of this process in bytes, or undefined if the system has no `/proc`. */
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
 * Checks that the last arguments of this process are UTF-8 text. Node replaces other bytes when it reads its arguments,
 * so a program to which Coffer passes the arguments would get changed ones.
 * @param words the last arguments of the process
 * @param system returns the arguments of the process in bytes
 * @throws AppError `ARGUMENT_NOT_TEXT` (exit 2), with the word's number and no part of its text
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
		message: `Word ${index + 1} of the command is not UTF-8 text, so Coffer cannot pass it on unchanged.`,
		hint: "Write the command to a script and run the script: coffer run -- sh SCRIPT",
		exit: EXIT.usage,
	});
}
