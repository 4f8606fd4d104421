/** The redactor of a process that may not be anybody's yet. */
import type { Redactor } from "./redact.ts";

/**
 * The redactor of the function that a process was given to. What a process writes before holds no function's values.
 * @param current the function's redactor; undefined until there is one
 */
export function laterRedactor(current: () => Redactor | undefined): Redactor {
	return {
		redact: (text, limit) => current()?.redact(text, limit) ?? text.slice(0, limit),
		get longest() {
			return current()?.longest ?? 0;
		},
		get compared() {
			return current()?.compared ?? 0;
		},
	};
}
