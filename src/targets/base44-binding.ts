/** Checks what identifies an app at Base44, and the key that gives access to it. */
import { AppError, EXIT } from "../errors.ts";
import { judgeOrigin } from "../origin.ts";
import { BASE44_APP, type Base44Binding } from "../project/files/config.ts";
import type { TargetId } from "../project/memory/target-memory.ts";

/** Base44's own address. */
export const BASE44_ORIGIN = "https://app.base44.com";

/** An HTTP header can carry only these characters, and a longer text is not a key. */
const KEY = /^b44k_[\x21-\x7e]{1,500}$/;

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/**
 * The origin of an address of Base44's API.
 * @throws AppError `TARGET_URL_INVALID`, `TARGET_URL_INSECURE` (exit 2): values are sent over TLS, or to this
 *   machine
 */
export function base44Origin(url: string): string {
	const judged = judgeOrigin(url);
	if ("origin" in judged) return judged.origin;
	if (judged.fault === "invalid")
		throw usage(
			"TARGET_URL_INVALID",
			"That is not an address of Base44's API.",
			`Omit --url for ${BASE44_ORIGIN}.`,
		);
	throw usage(
		"TARGET_URL_INSECURE",
		`Plain http to ${judged.host} would send secrets in the clear.`,
		"Use https. Plain http is allowed only to this machine.",
	);
}

/** Identifies an app at Base44. @throws AppError `APP_ID_INVALID` (exit 2), and as `base44Origin` */
export function base44Id(url: string, app: string): TargetId {
	if (!BASE44_APP.test(app))
		throw usage(
			"APP_ID_INVALID",
			"An app's id at Base44 is 1 to 128 letters, digits, dashes and underscores.",
			"'base44/.app.jsonc' names it, and so does the app's address in Base44's editor.",
		);
	return { kind: "base44", origin: base44Origin(url), app };
}

/** The target that a binding names, to look up its memory. Does not check whether this device may send to it. */
export function placeNamed({ kind, url, app }: Base44Binding): TargetId {
	const judged = judgeOrigin(url);
	return { kind, origin: "origin" in judged ? judged.origin : url, app };
}

/**
 * A key without surrounding spaces. @throws AppError `BASE44_KEY_MALFORMED` (exit 2), which does not repeat the
 * text
 */
export function requireBase44Key(text: string): string {
	const key = text.trim();
	if (KEY.test(key)) return key;
	throw usage(
		"BASE44_KEY_MALFORMED",
		"That is not an API key of a Base44 workspace: it begins with b44k_.",
		"Create one in the workspace's settings at Base44, and copy all of it.",
	);
}
