/**
 * Connects to the platform that an environment is linked with: reads the link, finds the token, opens the
 * connection.
 */
import { cryptoReady } from "../../crypto.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readToken } from "../../identity/tokens.ts";
import {
	bindingOf,
	isTargetBinding,
	type PlatformBinding,
	platformOf,
	readConfig,
} from "../../project/files/config.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { type PinnedPlatform, pinnedPlatforms } from "../../project/memory/pinned-platforms.ts";
import { parseToken } from "../../protocol/token.ts";
import { explainMissingApp, type LinkTarget } from "../../sync/client/link-target.ts";
import { platformOrigin } from "../../sync/client/origin.ts";
import { Remote } from "../../sync/client/platform-client.ts";
import { connectToPlatform, tokenMalformed } from "../../sync/link/link.ts";
import { appWords } from "../../targets/kinds.ts";
import { readCredentials, readEnvironment } from "../shell/process-environment.ts";
import { requireBinding, titleOf } from "./environment-binding.ts";
import { CredentialMissing, rethrowWithUrl } from "./link-state.ts";
import { systemKeychain } from "./open-project.ts";
import { requireNotElsewhere, requirePinnedOrigin } from "./pinned-origin.ts";

const PASS_URL = "Name the platform: --url URL.";

function tokenMissing({ url, link }: TokenRequest, cause?: AppError): AppError {
	const why = cause ? ` ${cause.message}` : "";
	return new CredentialMissing({
		code: "TOKEN_MISSING",
		message: `There is no access token for the platform at ${url}.${why}`,
		hint: `Ask the platform's operator for a token (coffer platform token create) and enter it once: ${link}. In CI, set COFFER_TOKEN and COFFER_ORIGIN=${url}.`,
		// The same status as for a platform that cannot be reached: an edit is saved here without it.
		exit: EXIT.network,
		cause,
	});
}

/** The platform that a token is needed for. */
interface TokenRequest {
	/** Origin of the platform. */
	readonly url: string;
	/** The command that links the platform on this device, for hints. */
	readonly link: string;
	/** The fingerprint that coffer.json names; undefined if the user typed the address in this command. */
	readonly platform: string | undefined;
}

/**
 * The token for a platform: COFFER_TOKEN, or the token that the keychain has for its origin.
 * @throws AppError `TOKEN_MISSING` (exit 6), `TOKEN_MALFORMED` (exit 2); as `requireAllowed`
 */
async function tokenFor(wanted: TokenRequest): Promise<string> {
	const given = readCredentials().token;
	if (given !== undefined) {
		const token = requireSendable(given.trim());
		if (wanted.platform !== undefined) await requireAllowed(token, wanted, wanted.platform);
		return token;
	}
	let kept: string | undefined;
	try {
		// The keychain stores each token under the origin for which the user entered it.
		kept = await readToken(systemKeychain(), wanted.url);
	} catch (error) {
		throw error instanceof AppError ? tokenMissing(wanted, error) : error;
	}
	if (wanted.platform !== undefined) {
		if (kept === undefined) await requireUnmoved(wanted, wanted.platform);
		else requireSamePlatform(kept, wanted.platform, wanted.url);
	}
	if (kept === undefined) throw tokenMissing(wanted);
	return kept;
}

/** Returns the token if an HTTP header can carry it. @throws AppError `TOKEN_MALFORMED` (exit 2) otherwise */
function requireSendable(token: string): string {
	if (/[^\x21-\x7e]/.test(token)) throw tokenMalformed();
	return token;
}

/** @throws AppError `TOKEN_FOREIGN` (exit 3) if the token names another platform than coffer.json */
function requireSamePlatform(token: string, platform: string, url: string): void {
	const named = parseToken(token)?.fingerprint;
	if (named === undefined || named === platform) return;
	throw new AppError({
		code: "TOKEN_FOREIGN",
		message: `The access token belongs to another platform than the one that coffer.json names (at ${url}). It was not sent.`,
		hint: "Set COFFER_TOKEN to a token of that platform, or restore coffer.json from git.",
		exit: EXIT.unauthorised,
	});
}

/**
 * Checks that a token may be sent to the address in coffer.json. Anybody who can change the repository can
 * change that address.
 * @throws AppError `TOKEN_FOREIGN`, `PLATFORM_UNKNOWN` (exit 3), `LINK_MOVED`, `STATE_DAMAGED` (exit 7),
 *   `TOKEN_ORIGIN_INVALID` (exit 2)
 */
async function requireAllowed(token: string, { link, url }: TokenRequest, platform: string): Promise<void> {
	requireSamePlatform(token, platform, url);
	await requirePinnedOrigin({ origin: url, fingerprint: platform }, link, {
		given: readCredentials().tokenOrigin,
		pins: pinnedHere,
	});
}

/** Checks, before the user is asked for a token, that the address did not change. @throws AppError `LINK_MOVED` (exit 7) */
async function requireUnmoved({ link, url }: TokenRequest, platform: string): Promise<void> {
	requireNotElsewhere({ origin: url, fingerprint: platform }, link, await pinnedHere());
}

/** The platforms that this device has linked, with their addresses. */
function pinnedHere(): Promise<readonly PinnedPlatform[]> {
	return pinnedPlatforms(readEnvironment().stateDirectory);
}

/**
 * Connects to a platform for administration: the platform at an address, or else the one that an environment
 * of the project is linked with. The platform's key must match the fingerprint in the token before the token
 * is sent.
 * @param url the address; undefined for the platform that the environment is linked with
 * @param access a token to use instead of the stored one, and what ends requests
 * @throws AppError `PLATFORM_URL_INSECURE`, `NOT_LINKED` (exit 2), `TOKEN_FOREIGN` (exit 3), `TOKEN_MISSING`
 *   (exit 6), `PLATFORM_KEY_MISMATCH` (exit 7); as `targetOf`
 */
export async function platformAt(
	url: string | undefined,
	environment: string,
	access: Access = {},
): Promise<Remote> {
	await cryptoReady;
	if (url === undefined) {
		const found = requireTarget(requireRoot(currentFolder()), environment, PASS_URL, access);
		return (await found.catch(rethrowWithUrl)).remote;
	}
	const origin = platformOrigin(url);
	const token =
		access.token ??
		(await tokenFor({ url: origin, link: `coffer link ${origin} --app APP`, platform: undefined }));
	return (await connectToPlatform(origin, token, access.signal)).remote;
}

/** Options of a connection. */
interface Access {
	readonly signal?: AbortSignal | undefined;
	/** A token to use instead of the stored one. */
	readonly token?: string | undefined;
}

/**
 * Connects to the platform that a binding names. The checks protect against somebody who can change coffer.json: a
 * token is not sent unencrypted, not to an address that was never entered on this device, and not to another platform.
 * @throws AppError `TOKEN_FOREIGN`, `PLATFORM_UNKNOWN` (exit 3), `PLATFORM_URL_INSECURE` (exit 2),
 *   `TOKEN_MISSING` (exit 6), `LINK_MOVED` (exit 7)
 */
export async function targetOf(
	binding: PlatformBinding,
	environment: string,
	{ signal, token: given }: Access = {},
): Promise<LinkTarget> {
	const token = await tokenOf(binding, environment, given);
	const explain = (error: AppError, app: string | undefined) =>
		app === binding.app ? explainMissingApp(error, binding, environment) : error;
	return { binding, remote: new Remote({ url: platformOrigin(binding.url), token, signal, explain }) };
}

/** The token that `targetOf` sends. @param given a token to use instead of the stored one @throws as `targetOf` */
export async function tokenOf(
	binding: PlatformBinding,
	environment: string,
	given?: string,
): Promise<string> {
	const url = platformOrigin(binding.url);
	const link = inEnvironment(`coffer link ${url} --app ${binding.app}`, environment);
	const wanted = { url, link, platform: binding.platform };
	if (given !== undefined) await requireAllowed(requireSendable(given), wanted, binding.platform);
	return given ?? (await tokenFor(wanted));
}

/**
 * Connects to the platform that an environment is linked with. Returns undefined if it is not linked, or is
 * linked with a target, which is not a platform.
 * @throws AppError `TOKEN_MISSING` (exit 6)
 */
export async function findTarget(
	root: string,
	environment: string,
	signal?: AbortSignal,
): Promise<LinkTarget | undefined> {
	const binding = platformOf(bindingOf(await readConfig(root), environment));
	return binding && targetOf(binding, environment, { signal });
}

/**
 * Like `findTarget`, for commands that need a platform.
 * @param instead the hint of the error if the environment is linked with a target
 * @throws AppError `NOT_LINKED`, `TARGET_IS_BASE44` or the same for another kind of target (exit 2), and as
 *   `targetOf`
 */
export async function requireTarget(
	root: string,
	environment: string,
	instead: string,
	access: Access = {},
): Promise<LinkTarget> {
	const binding = await requireBinding(root, environment);
	if (!isTargetBinding(binding)) return targetOf(binding, environment, access);
	const title = await titleOf(binding);
	throw new AppError({
		code: `TARGET_IS_${binding.kind.toUpperCase().replaceAll("-", "_")}`,
		message: `Environment '${environment}' is linked with ${title} (${appWords(binding.kind, binding.app)}). Coffer only sends secrets to ${title}, and this command works with a Coffer platform only.`,
		hint: instead,
		exit: EXIT.usage,
	});
}
