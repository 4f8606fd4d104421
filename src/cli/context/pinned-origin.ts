/**
 * Whether a token that comes by itself, as from COFFER_TOKEN, may be sent to the platform that `coffer.json` names: to
 * the address in COFFER_ORIGIN where there is one, else to one at which this device has linked that platform.
 */
import { AppError, EXIT } from "../../errors.ts";
import { judgeOrigin } from "../../origin.ts";
import type { PinnedPlatform } from "../../project/memory/pinned-platforms.ts";

const RESTORE = "If not, restore coffer.json from git.";

/** What says where a token may go. */
interface Allowed {
	/** COFFER_ORIGIN. */
	readonly given: string | undefined;
	/** What this device has linked; asked for where COFFER_ORIGIN is not set. */
	readonly pins: () => Promise<readonly PinnedPlatform[]>;
}

/**
 * @param wanted what coffer.json names; two origins are the same where scheme, host and port are, in the spelling of `URL`
 * @param link the command with which somebody here says that it is right, for hints
 * @throws AppError `TOKEN_ORIGIN_INVALID` (exit 2), `LINK_MOVED` (exit 7) where it is known by another address,
 *   `PLATFORM_UNKNOWN` (exit 3)
 */
export async function requirePinnedOrigin(
	wanted: PinnedPlatform,
	link: string,
	{ given, pins }: Allowed,
): Promise<void> {
	const { origin } = wanted;
	if (given !== undefined) {
		const allowed = originGiven(given);
		if (allowed === origin) return;
		throw new AppError({
			code: "LINK_MOVED",
			message: `coffer.json names the platform at ${origin}; COFFER_ORIGIN lets the token go to ${allowed} alone. Nothing was sent.`,
			hint: `If that is right, set COFFER_ORIGIN=${origin}. ${RESTORE}`,
			exit: EXIT.integrity,
		});
	}
	if (requireNotElsewhere(wanted, link, await pins())) return;
	throw new AppError({
		code: "PLATFORM_UNKNOWN",
		message: `coffer.json names the platform at ${origin}, which this device has not linked. The access token was not sent.`,
		hint: `If you know that address, say so once: ${link}. In CI, set COFFER_ORIGIN=${origin} beside COFFER_TOKEN. ${RESTORE}`,
		exit: EXIT.unauthorised,
	});
}

/**
 * @returns whether this device has linked the platform at the address
 * @throws AppError `LINK_MOVED` (exit 7) where it has linked it at another address, and not at this one
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
		message: `coffer.json says that the platform is at ${origin}; this device linked it at ${elsewhere.origin}. Nothing was sent.`,
		hint: `If that is right, say so: ${link}. ${RESTORE}`,
		exit: EXIT.integrity,
	});
}

/** @throws AppError `TOKEN_ORIGIN_INVALID` (exit 2) */
function originGiven(text: string): string {
	const judged = judgeOrigin(text);
	if ("origin" in judged && /^\/?$/.test(text.slice(text.indexOf("://") + 3).replace(/^[^/?#]*/, "")))
		return judged.origin;
	throw new AppError({
		code: "TOKEN_ORIGIN_INVALID",
		message: "COFFER_ORIGIN is not an address to which a token may be sent.",
		hint: "Write scheme, host and port, such as COFFER_ORIGIN=https://coffer.example.com; http: is for this machine alone.",
		exit: EXIT.usage,
	});
}
