/** The redactor of a process that may have no function yet. */
import type { Redactor } from "../../../redact.ts";

/**
 * A redactor that uses the current function's redactor. A spare process has no function yet, so its output
 * cannot contain a function's values.
 * @param current returns the function's redactor; undefined until the process has a function
 */
export function deferredRedactor(current: () => Redactor | undefined): Redactor {
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
