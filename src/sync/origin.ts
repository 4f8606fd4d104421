/** Where a platform's control API may be. */
import { AppError, EXIT } from "../errors.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/**
 * The origin of a platform's URL.
 * @throws AppError `PLATFORM_URL_INVALID` or `PLATFORM_URL_INSECURE` (exit 2): plain http leads only to this machine
 */
export function platformOrigin(url: string): string {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (
		!parsed ||
		(parsed.protocol !== "http:" && parsed.protocol !== "https:") ||
		parsed.username ||
		parsed.password
	) {
		throw usage(
			"PLATFORM_URL_INVALID",
			"That is not the address of a platform.",
			"Give an address such as https://coffer.example.com.",
		);
	}
	if (parsed.protocol === "http:" && !LOOPBACK.has(parsed.hostname)) {
		throw usage(
			"PLATFORM_URL_INSECURE",
			`Plain http to ${parsed.hostname} would send the token in the clear.`,
			"Use https; plain http is for platforms on this machine.",
		);
	}
	return parsed.origin;
}
