/**
 * What a failed build says: the upload's own paths and lines, and nothing of the platform's. Pure.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Outcome } from "../machine/run-command.ts";

const ERRORS_MAX = 5;
const MESSAGE_LENGTH_MAX = 2000;
const NOISE =
	/^(⚠️|Download |Bundled |Warning |bundler warning|\s+note:|error: bundling failed|Caused by:|\s*$)/;

/**
 * Turns Deno's output into an error.
 * @param clean as `cleaner` returned it
 */
export function buildFailure(entry: string, outcome: Outcome, clean: (text: string) => string): AppError {
	const errors = errorsOf(clean(outcome.stderr)).slice(0, ERRORS_MAX);
	const said = errors.length > 0 ? errors.join("; ") : deathOf(outcome);
	const line = /:(\d+)(?::\d+)?\)/.exec(said)?.[1];
	return new AppError({
		code: "BUILD_FAILED",
		message: `${entry} does not build: ${said.slice(0, MESSAGE_LENGTH_MAX)}.`.replace(/\.+$/, "."),
		hint: "Correct what the message names and deploy again.",
		exit: EXIT.failure,
		...(line === undefined ? {} : { line: Number(line) }),
	});
}

function deathOf({ code, startError }: Outcome): string {
	if (startError !== undefined) return `the bundler did not start (${startError})`;
	return code === null
		? "the bundler was killed, perhaps for its memory"
		: `the bundler ended with status ${code}`;
}

/**
 * Returns what takes out of a text everything that is not the uploader's business.
 * @param root the build's folder as the build saw it
 * @param secrets texts that are left out, such as a proxy's address with its password
 */
export function cleaner(root: string, secrets: readonly string[]): (text: string) => string {
	const hidden = secrets.filter((secret) => secret.length >= 6);
	return (text) => {
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
		let out = text.replace(/\u001b\[[0-9;]*m/g, "").replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, " ");
		for (const secret of hidden) out = out.replaceAll(secret, "…");
		for (const prefix of [`${root}/src/`, `${root}/`])
			out = out.replaceAll(`file://${prefix}`, "").replaceAll(prefix, "");
		return out.replace(/deno:(?=https?:|jsr:|npm:)/g, "");
	};
}

/** Each error with the place that follows it: `message (at file:line:column)`. */
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
