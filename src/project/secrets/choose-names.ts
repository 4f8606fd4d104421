/**
 * Chooses secrets by words: a name, or a pattern in which `*` stands for any text and `?` for one character.
 */
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { listingHint, secretNotFound, shownName } from "./secret-not-found.ts";

/** Whether a word is a pattern, and not the name of one secret. */
export function isPattern(word: string): boolean {
	return /[*?]/.test(word) && isSecretName(word.replace(/[*?]/g, "_").slice(0, 128));
}

/** Whether a pattern matches the whole name. It takes at most as many steps as the product of both lengths. */
export function matchesPattern(pattern: string, name: string): boolean {
	let [at, next] = [0, 0];
	/** The place after the last `*`, and the end of the text that this `*` stands for. */
	let star: { readonly after: number; end: number } | undefined;
	while (at < name.length) {
		const wanted = pattern.charAt(next);
		if (wanted === "*") {
			next++;
			star = { after: next, end: at };
		} else if (wanted === "?" || (wanted !== "" && wanted === name.charAt(at))) {
			next++;
			at++;
		} else if (star) {
			star.end++;
			[at, next] = [star.end, star.after];
		} else return false;
	}
	return /^\**$/.test(pattern.slice(next));
}

/**
 * Whether the words choose a name.
 * @param words names and patterns; no words choose every name
 */
export function isChosen(words: readonly string[], name: string): boolean {
	const chooses = (word: string) => (isPattern(word) ? matchesPattern(word, name) : word === name);
	return words.length === 0 || words.some(chooses);
}

/**
 * Requires that each word chooses a name.
 * @param names of the environment's secrets
 * @param environment for the message: one name, or several
 * @throws AppError `SECRET_NOT_FOUND` (exit 4), which lists every name that is missing and every pattern that
 *   matches nothing
 */
export function requireChosen(
	words: readonly string[],
	names: readonly string[],
	...environment: readonly [string, ...string[]]
): void {
	const missing = words.filter((word) => !names.some((name) => isChosen([word], name)));
	if (missing.length === 0) return;
	const [first] = environment;
	const hint = listingHint(first);
	throw secretNotFound([...new Set(missing)].map(shownName), environment.join("' or '"), hint);
}
