/**
 * From an environment's name to the platform that it is linked with: binding, token, connection.
 */
import { cryptoReady } from "../../crypto.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readToken } from "../../identity/tokens.ts";
import {
	type Binding,
	bindingOf,
	type PlatformBinding,
	platformOf,
	readConfig,
} from "../../project/files/config.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { type PinnedPlatform, pinnedPlatforms } from "../../project/memory/pinned-platforms.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { parseToken } from "../../protocol/token.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { platformOrigin } from "../../sync/client/origin.ts";
import { Remote } from "../../sync/client/platform-client.ts";
import { meetPlatform, tokenMalformed } from "../../sync/link/link.ts";
import { readCredentials, readEnvironment } from "../shell/process-environment.ts";
import { systemKeychain } from "./open-project.ts";
import { requireNotElsewhere, requirePinnedOrigin } from "./pinned-origin.ts";

function tokenMissing({ url, link }: Wanted, cause?: AppError): AppError {
	const why = cause ? ` ${cause.message}` : "";
	return new AppError({
		code: "TOKEN_MISSING",
		message: `There is no access token for the platform at ${url}.${why}`,
		hint: `Ask whoever runs the platform for one (coffer platform token create), and give it once: ${link}. In CI, set COFFER_TOKEN, and COFFER_ORIGIN=${url} beside it.`,
		// As where the platform is out of reach: what can be done here is done without it.
		exit: EXIT.network,
		cause,
	});
}

/** What a token is wanted for. */
interface Wanted {
	/** Origin of the platform. */
	readonly url: string;
	/** The command with which somebody here says so, for hints. */
	readonly link: string;
	/** Fingerprint that coffer.json names; undefined where somebody typed the address just now. */
	readonly platform: string | undefined;
}

/**
 * The token for a platform: COFFER_TOKEN, or what the keychain holds for its origin.
 * @throws AppError `TOKEN_MISSING` (exit 6), `TOKEN_MALFORMED` (exit 2); as `requireAllowed`
 */
async function tokenFor(wanted: Wanted): Promise<string> {
	const given = readCredentials().token;
	if (given !== undefined) {
		const token = sendable(given.trim());
		if (wanted.platform !== undefined) await requireAllowed(token, wanted, wanted.platform);
		return token;
	}
	let kept: string | undefined;
	try {
		// Kept by the origin for which somebody typed it here.
		kept = await readToken(systemKeychain(), wanted.url);
	} catch (error) {
		throw error instanceof AppError ? tokenMissing(wanted, error) : error;
	}
	if (wanted.platform !== undefined) {
		if (kept === undefined) await requireUnmoved(wanted, wanted.platform);
		else requireOwn(kept, wanted.platform, wanted.url);
	}
	if (kept === undefined) throw tokenMissing(wanted);
	return kept;
}

/** A token, unless no header of a request could hold it. */
function sendable(token: string): string {
	if (/[^\x21-\x7e]/.test(token)) throw tokenMalformed();
	return token;
}

/** @throws AppError `TOKEN_FOREIGN` (exit 3) where the token is another platform's than coffer.json names */
function requireOwn(token: string, platform: string, url: string): void {
	const own = parseToken(token)?.fingerprint;
	if (own === undefined || own === platform) return;
	throw new AppError({
		code: "TOKEN_FOREIGN",
		message: `The access token is not one of the platform that coffer.json names (at ${url}); it was not sent.`,
		hint: "Set COFFER_TOKEN to a token of that platform, or restore coffer.json from git.",
		exit: EXIT.unauthorised,
	});
}

/**
 * Whether a token that says nothing of an address may go to the one in coffer.json, which comes with the repository.
 * @throws AppError `TOKEN_FOREIGN`, `PLATFORM_UNKNOWN` (exit 3), `LINK_MOVED`, `STATE_DAMAGED` (exit 7),
 *   `TOKEN_ORIGIN_INVALID` (exit 2)
 */
async function requireAllowed(token: string, { link, url }: Wanted, platform: string): Promise<void> {
	requireOwn(token, platform, url);
	await requirePinnedOrigin({ origin: url, fingerprint: platform }, link, {
		given: readCredentials().tokenOrigin,
		pins: pinsHere,
	});
}

/** Before a token is asked for: the address may not be that of the platform that was linked here. */
async function requireUnmoved({ link, url }: Wanted, platform: string): Promise<void> {
	requireNotElsewhere({ origin: url, fingerprint: platform }, link, await pinsHere());
}

function pinsHere(): Promise<readonly PinnedPlatform[]> {
	return pinnedPlatforms(readEnvironment().stateDirectory);
}

/**
 * A platform that is administered: the one at an address, or else the one that an environment of the project here
 * is linked with. Its key is held against the token's fingerprint before the token is sent.
 * @param given the token, where it is not the one that is kept
 * @throws AppError `PLATFORM_URL_INSECURE`, `NOT_LINKED` (exit 2), `TOKEN_FOREIGN` (exit 3), `TOKEN_MISSING` (exit 6),
 *   `PLATFORM_KEY_MISMATCH` (exit 7); as `targetOf`
 */
export async function platformAt(
	url: string | undefined,
	environment: string,
	given?: string,
): Promise<Remote> {
	await cryptoReady;
	if (url === undefined) {
		const target = await requireTarget(requireRoot(currentFolder()), environment, PASS_URL, { token: given });
		return target.remote;
	}
	const origin = platformOrigin(url);
	const token =
		given ?? (await tokenFor({ url: origin, link: `coffer link ${origin} --app APP`, platform: undefined }));
	return (await meetPlatform(origin, token)).remote;
}

/** How a platform is spoken to. */
interface Access {
	readonly signal?: AbortSignal | undefined;
	/** The token, where it is not the one that is kept. */
	readonly token?: string | undefined;
}

/**
 * The platform that a binding names. Whoever can change coffer.json must not have a token sent in the clear, nor to an
 * address that nobody typed here, nor one that is another platform's.
 * @throws AppError `TOKEN_FOREIGN`, `PLATFORM_UNKNOWN` (exit 3), `PLATFORM_URL_INSECURE` (exit 2), `TOKEN_MISSING` (exit 6),
 *   `LINK_MOVED` (exit 7)
 */
export async function targetOf(
	binding: PlatformBinding,
	environment: string,
	{ signal, token: given }: Access = {},
): Promise<LinkTarget> {
	const url = platformOrigin(binding.url);
	const link = inEnvironment(`coffer link ${url} --app ${binding.app}`, environment);
	const wanted = { url, link, platform: binding.platform };
	if (given !== undefined) await requireAllowed(sendable(given), wanted, binding.platform);
	const token = given ?? (await tokenFor(wanted));
	return { binding, remote: new Remote({ url, token, signal }) };
}

/**
 * The platform that an environment is linked with, or undefined where it is linked with none (Base44 is none: it keeps
 * no log).
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
 * As `findTarget`.
 * @param instead what to do where Base44 runs the functions: the error's hint
 * @throws AppError `NOT_LINKED`, `TARGET_IS_BASE44` (exit 2) too
 */
export async function requireTarget(
	root: string,
	environment: string,
	instead: string,
	access: Access = {},
): Promise<LinkTarget> {
	const binding = await requireBinding(root, environment);
	if (binding.kind === undefined) return targetOf(binding, environment, access);
	throw new AppError({
		code: "TARGET_IS_BASE44",
		message: `Environment '${environment}' is linked with Base44 (app '${binding.app}'), which runs its functions itself.`,
		hint: instead,
		exit: EXIT.usage,
	});
}

const LINK_IT =
	"Start one (coffer platform start) and link it: coffer link URL --app APP. Or link a Base44 app: coffer link base44 --app ID.";
const PASS_URL = "Base44 has none of Coffer's tokens. Name a Coffer platform: --url URL.";

/** What coffer.json says that an environment is linked with. @throws AppError `NOT_LINKED` (exit 2), with the hint */
export async function requireBinding(root: string, environment: string, hint = LINK_IT): Promise<Binding> {
	const binding = bindingOf(await readConfig(root), environment);
	if (binding) return binding;
	throw new AppError({
		code: "NOT_LINKED",
		message: `Environment '${environment}' is not linked with a platform.`,
		hint,
		exit: EXIT.usage,
	});
}

/**
 * A platform is a member of the environment: it must be taken out of it before something else takes its place.
 * @throws AppError `ENVIRONMENT_LINKED` (exit 5)
 */
export async function refusePlatformLink({ environment, root }: SessionContext): Promise<void> {
	const binding = platformOf(bindingOf(await readConfig(root), environment));
	if (binding) throw environmentLinked(environment, binding);
}

/** An environment has one target: Base44's must be left before. @throws AppError `ENVIRONMENT_LINKED` (exit 5) */
export async function refuseBase44Link({ environment, root }: SessionContext): Promise<void> {
	const binding = bindingOf(await readConfig(root), environment);
	if (binding?.kind === "base44") throw environmentLinked(environment, binding);
}

/** The error where an environment is linked with something else than is meant. */
export function environmentLinked(environment: string, { app, kind, url }: Binding): AppError {
	const where = kind === "base44" ? `at Base44 (${url})` : `on the platform at ${url}`;
	return new AppError({
		code: "ENVIRONMENT_LINKED",
		message: `Environment '${environment}' is linked with app '${app}' ${where}.`,
		hint: `Unlink it first: ${inEnvironment("coffer unlink", environment)}. Or link another environment.`,
		exit: EXIT.conflict,
	});
}
