/** The allowed addresses of a platform's control API. */
import { AppError, EXIT } from "../../errors.ts";
import { checkOrigin } from "../../origin.ts";

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/**
 * The origin of a platform's URL.
 * @throws AppError `PLATFORM_URL_INVALID` or `PLATFORM_URL_INSECURE` (exit 2): plain http is allowed only to
 *   this machine
 */
export function platformOrigin(url: string): string {
	const checked = checkOrigin(url);
	if ("origin" in checked) return checked.origin;
	if (checked.fault === "invalid") {
		throw usage(
			"PLATFORM_URL_INVALID",
			"That is not the address of a platform.",
			"Give an address such as https://coffer.example.com.",
		);
	}
	throw usage(
		"PLATFORM_URL_INSECURE",
		`Plain http to ${checked.host} would send the token in the clear.`,
		"Use https. Plain http is allowed only to platforms on this machine.",
	);
}
