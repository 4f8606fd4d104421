/** Checks the address of a target's API, and the credential for it. */
import { AppError, EXIT } from "../../errors.ts";
import { checkOrigin } from "../../origin.ts";

/**
 * The origin of an address of a product's API.
 * @param official the product's own origin
 * @throws AppError `TARGET_URL_INVALID`, `TARGET_URL_INSECURE` (exit 2): values are sent over TLS, or to this
 *   machine
 */
export function apiOrigin(url: string, { official, title }: { official: string; title: string }): string {
	const checked = checkOrigin(url);
	if ("origin" in checked) return checked.origin;
	if (checked.fault === "invalid")
		throw usageError(
			"TARGET_URL_INVALID",
			`That is not an address of ${title}'s API.`,
			`Omit --url for ${official}.`,
		);
	throw usageError(
		"TARGET_URL_INSECURE",
		`Plain http to ${checked.host} would send secrets in the clear.`,
		"Use https. Plain http is allowed only to this machine.",
	);
}

/** An error of the command line (exit 2). */
export function usageError(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** The flag of a link command for an address, with a space before it; empty for the product's own. */
export function urlFlag(origin: string, official: string): string {
	return origin === official ? "" : ` --url ${origin}`;
}

/**
 * Makes the check of a credential that somebody has pasted: spaces and line ends around it are removed.
 * @param pattern what a credential looks like; an HTTP header must be able to carry it
 * @returns a function that returns the credential, or throws AppError with `code` (exit 2), which does not repeat the text
 */
export function credentialParser(
	pattern: RegExp,
	code: string,
	message: string,
	hint: string,
): (text: string) => string {
	return (text) => {
		const credential = text.trim();
		if (pattern.test(credential)) return credential;
		throw usageError(code, message, hint);
	};
}
