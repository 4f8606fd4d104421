/** Reads the reason of a request, or of an answer, from the command line. */
import { Flags } from "@oclif/core";
import { AppError, EXIT } from "../../errors.ts";
import { isReason, REASON_MAX } from "../../vault/requests/entry.ts";

/** `--reason`. Every request and every answer has one. */
export const reasonFlag = Flags.string({
	description: `why, in at most ${REASON_MAX} characters; everybody who reads the repository sees it`,
	helpValue: "TEXT",
	required: true,
});

/**
 * The reason on one line: line ends, tabs and several spaces become one space.
 * @throws AppError `REASON_INVALID` (exit 2), which does not repeat the text
 */
export function requireReason(typed: string): string {
	const reason = typed.replaceAll(/\s+/gu, " ").trim();
	if (isReason(reason)) return reason;
	throw new AppError({
		code: "REASON_INVALID",
		message:
			reason === ""
				? "The reason is empty."
				: `The reason is longer than ${REASON_MAX} characters, or has characters that are not visible.`,
		hint: "Say in plain words what the secret is needed for. Never put a value into it.",
		exit: EXIT.usage,
	});
}
