/**
 * The error message of a failed build. It contains paths and lines of the upload, and no data of the platform. Pure.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Outcome } from "../machine/run-command.ts";

const ERRORS_MAX = 5;
const MESSAGE_LENGTH_MAX = 2000;
const NOISE =
	/^(⚠️|Download |Bundled |Externals must not |Warning |bundler warning|\s+note:|error: bundling failed|Caused by:|\s*$)/;

/**
 * Makes an error from Deno's output.
 * @param clean a function that `cleaner` returned
 */
export function buildFailure(entry: string, outcome: Outcome, clean: (text: string) => string): AppError {
	const errors = errorsOf(clean(outcome.stderr)).slice(0, ERRORS_MAX);
	const reason = errors.length > 0 ? errors.join("; ") : exitReason(outcome);
	const line = /:(\d+)(?::\d+)?\)/.exec(reason)?.[1];
	return new AppError({
		code: "BUILD_FAILED",
		message: `${entry} does not build: ${reason.slice(0, MESSAGE_LENGTH_MAX)}.`.replace(/\.+$/, "."),
		hint: "Correct the named error and deploy again.",
		exit: EXIT.failure,
		...(line === undefined ? {} : { line: Number(line) }),
	});
}

function exitReason({ code, startError }: Outcome): string {
	if (startError !== undefined) return `the bundler did not start (${startError})`;
	return code === null
		? "the bundler was killed, perhaps for its memory"
		: `the bundler ended with status ${code}`;
}

/**
 * Returns a function that removes paths and secrets of the platform from a text.
 * @param root the path of the build's folder inside the sandbox
 * @param secrets texts that are removed, such as a proxy's address with its password
 */
export function cleaner(root: string, secrets: readonly string[]): (text: string) => string {
	const hidden = secrets.filter((secret) => secret.length >= 6);
	return (text) => {
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression removes control characters
		let out = text.replace(/\u001b\[[0-9;]*m/g, "").replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, " ");
		for (const secret of hidden) out = out.replaceAll(secret, "…");
		for (const prefix of [`${root}/src/`, `${root}/`])
			out = out.replaceAll(`file://${prefix}`, "").replaceAll(prefix, "");
		return out.replace(/deno:(?=https?:|jsr:|npm:)/g, "");
	};
}

/** The errors, each with its position: `message (at file:line:column)`. */
function errorsOf(text: string): string[] {
	const errors: string[] = [];
	let skipping = false;
	for (const line of text.split("\n")) {
		if (/^(bundler warning|Warning )/.test(line)) skipping = true;
		const error = /^error: (?!bundling failed)(.*)$/.exec(line)?.[1];
		const place = /^\s+at (\S+)$/.exec(line)?.[1];
		if (error !== undefined) {
			skipping = false;
			errors.push(error.trim().replace(/\.$/, ""));
		} else if (skipping || NOISE.test(line)) continue;
		else if (place !== undefined && errors.length > 0) errors.push(`${errors.pop()} (at ${place})`);
		else if (errors.length > 0) errors.push(`${errors.pop()} ${line.trim()}`);
	}
	return errors;
}
