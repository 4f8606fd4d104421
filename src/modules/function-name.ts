/** Names of functions. */
import { FUNCTION_NAME_LENGTH_MAX, FUNCTION_SEGMENT } from "./limits.ts";

/** Whether a text can be the name of a function: segments that a URL does not have to encode, with slashes between. */
export function isFunctionName(text: string): boolean {
	return (
		text.length <= FUNCTION_NAME_LENGTH_MAX &&
		text.split("/").every((segment) => FUNCTION_SEGMENT.test(segment))
	);
}

/**
 * Names of functions that do not exist, for an error. A text that cannot be a name may be a value that was given by
 * mistake, so it is not repeated.
 * @returns words that follow "no function", such as `pay, mail`
 */
export function unknownFunctions(names: readonly string[]): string {
	return names.filter(isFunctionName).join(", ") || "of that name";
}
