/**
 * Decides whether a token may be sent to the address that `coffer.json` names. It must be the address in
 * COFFER_ORIGIN if that is set. Otherwise it must be an address at which this device has linked that
 * platform.
 */
import { AppError, EXIT } from "../../errors.ts";
import { checkOrigin } from "../../origin.ts";
import type { PinnedPlatform } from "../../project/memory/pinned-platforms.ts";

const RESTORE = "If not, restore coffer.json from git.";

/** The addresses to which a token may be sent. */
interface AllowedOrigins {
	/** COFFER_ORIGIN. */
	readonly given: string | undefined;
	/** The platforms that this device has linked; read only if COFFER_ORIGIN is not set. */
	readonly pins: () => Promise<readonly PinnedPlatform[]>;
}

/**
 * Checks that a token may be sent to a platform's address.
 * @param wanted the platform that coffer.json names; origins are compared as `URL` writes them
 * @param link the command that links the platform on this device, for hints
 * @throws AppError `TOKEN_ORIGIN_INVALID` (exit 2), `LINK_MOVED` (exit 7) if the platform was linked at another
 *   address, `PLATFORM_UNKNOWN` (exit 3)
 */
export async function requirePinnedOrigin(
	wanted: PinnedPlatform,
	link: string,
	{ given, pins }: AllowedOrigins,
): Promise<void> {
	const { origin } = wanted;
	if (given !== undefined) {
		const allowed = parseAllowedOrigin(given);
		if (allowed === origin) return;
		throw new AppError({
			code: "LINK_MOVED",
			message: `coffer.json names the platform at ${origin}, but COFFER_ORIGIN allows the token only for ${allowed}. Nothing was sent.`,
			hint: `If the address in coffer.json is right, set COFFER_ORIGIN=${origin}. ${RESTORE}`,
			exit: EXIT.integrity,
		});
	}
	if (requireNotElsewhere(wanted, link, await pins())) return;
	throw new AppError({
		code: "PLATFORM_UNKNOWN",
		message: `coffer.json names the platform at ${origin}, which this device has not linked. The access token was not sent.`,
		hint: `If you trust that address, link it once: ${link}. In CI, set COFFER_ORIGIN=${origin} together with COFFER_TOKEN. ${RESTORE}`,
		exit: EXIT.unauthorised,
	});
}

/**
 * Checks that this device has not linked the platform only at another address.
 * @returns whether this device has linked the platform at the address
 * @throws AppError `LINK_MOVED` (exit 7) if this device has linked the platform, but never at this address
 */
export function requireNotElsewhere(
	{ origin, fingerprint }: PinnedPlatform,
	link: string,
	pins: readonly PinnedPlatform[],
): boolean {
	const known = pins.filter((pin) => pin.fingerprint === fingerprint);
	if (known.some((pin) => pin.origin === origin)) return true;
	const [elsewhere] = known;
	if (elsewhere === undefined) return false;
	throw new AppError({
		code: "LINK_MOVED",
		message: `coffer.json says that the platform is at ${origin}, but this device linked it at ${elsewhere.origin}. Nothing was sent.`,
		hint: `If the new address is right, link it again: ${link}. ${RESTORE}`,
		exit: EXIT.integrity,
	});
}

/** Parses COFFER_ORIGIN. @throws AppError `TOKEN_ORIGIN_INVALID` (exit 2) */
function parseAllowedOrigin(text: string): string {
	const checked = checkOrigin(text);
	if ("origin" in checked && /^\/?$/.test(text.slice(text.indexOf("://") + 3).replace(/^[^/?#]*/, "")))
		return checked.origin;
	throw new AppError({
		code: "TOKEN_ORIGIN_INVALID",
		message: "COFFER_ORIGIN is not an address that a token may be sent to.",
		hint: "Use a scheme and a host, and a port if needed: COFFER_ORIGIN=https://coffer.example.com. http: is allowed for this machine only.",
		exit: EXIT.usage,
	});
}
