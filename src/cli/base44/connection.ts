/**
 * From a place at Base44 to a connection with it: the app's id, and the key.
 */
import { join } from "node:path";
import { FILE_BYTES, readBounded } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readToken, storeToken } from "../../identity/tokens.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { Base44 } from "../../targets/base44.ts";
import { requireBase44Key } from "../../targets/base44-binding.ts";
import { systemKeychain } from "../context/open-project.ts";
import { type Environment, readCredentials } from "../shell/process-environment.ts";
import { promptHidden } from "../shell/prompts.ts";
import { readStdinValue } from "../shell/stdin.ts";
import type { Terminal } from "../shell/terminal.ts";

/** Where Base44's own command line notes the app that a project is for. */
const APP_FILE = "base44/.app.jsonc";

async function appOfProject(root: string): Promise<string | undefined> {
	const bytes = await readBounded(join(root, APP_FILE), FILE_BYTES.settings, { links: true }).catch(
		(error: unknown) => {
			if (error instanceof AppError) throw error;
			return undefined;
		},
	);
	if (bytes === undefined) return undefined;
	// Its parser is native, and takes its time to load.
	const { parseJsonc } = await import("../../modules/jsonc.ts");
	const value = parseJsonc(fromUtf8(bytes) ?? "");
	const id = value instanceof Map ? value.get("id") : undefined;
	return typeof id === "string" ? id : undefined;
}

/**
 * The app's id: what was given, or BASE44_APP_ID, or what the project's `base44/.app.jsonc` says.
 * @throws AppError `APP_ID_MISSING` (exit 2)
 */
export async function base44AppId(
	given: string | undefined,
	root: string,
	environment: Environment,
): Promise<string> {
	const app = given ?? environment.base44App ?? (await appOfProject(root));
	if (app !== undefined) return app.trim();
	throw new AppError({
		code: "APP_ID_MISSING",
		message: "Which app at Base44 is meant was not said.",
		hint: `Pass --app ID, or set BASE44_APP_ID; a project that 'base44 link' has linked says it in ${APP_FILE}.`,
		exit: EXIT.usage,
	});
}

async function keyFromStdin(): Promise<string> {
	const { bytes } = await readStdinValue("Check the command or the file that the key comes from.");
	return fromUtf8(bytes) ?? "";
}

/**
 * A key that somebody gives now: on standard input, by BASE44_API_KEY, or at a hidden prompt.
 * @throws AppError `BASE44_KEY_MALFORMED`, `NO_TERMINAL` (exit 2)
 */
export async function askedBase44Key(stdin: boolean, terminal: Terminal): Promise<string> {
	if (stdin) return requireBase44Key(await keyFromStdin());
	const given = readCredentials().base44Key;
	if (given !== undefined) return requireBase44Key(given);
	const question = "API key of the Base44 workspace (b44k_...)";
	return requireBase44Key(
		await promptHidden(terminal, question, "Set BASE44_API_KEY, or pass it in: --key-stdin < FILE."),
	);
}

/** Keeps a key in the keychain for its origin, unless BASE44_API_KEY brings it. Where there is none in reach, nothing else does. */
export async function keepBase44Key({ origin }: TargetId, key: string, terminal: Terminal): Promise<void> {
	if (readCredentials().base44Key === key) return;
	try {
		await storeToken(systemKeychain(), origin, key, "base44");
	} catch (error) {
		if (!(error instanceof AppError) || error.exit !== EXIT.unauthorised) throw error;
		terminal.warn(`The API key was not kept: ${error.message} Set BASE44_API_KEY for the commands to come.`);
	}
}

function keyMissing({ app, origin }: TargetId, cause?: AppError): AppError {
	const why = cause ? ` ${cause.message}` : "";
	return new AppError({
		code: "BASE44_KEY_MISSING",
		message: `There is no API key for Base44 at ${origin}.${why}`,
		hint: `Set BASE44_API_KEY, or give it once: coffer link base44 --app ${app}.`,
		// As where Base44 is out of reach: what can be done here is done without it.
		exit: EXIT.network,
		cause,
	});
}

/** BASE44_API_KEY, or what the keychain holds for the origin. @throws AppError `BASE44_KEY_MISSING` (exit 6) */
async function knownKey(id: TargetId): Promise<string> {
	const given = readCredentials().base44Key;
	if (given !== undefined) return requireBase44Key(given);
	let kept: string | undefined;
	try {
		kept = await readToken(systemKeychain(), id.origin, "base44");
	} catch (error) {
		throw error instanceof AppError ? keyMissing(id, error) : error;
	}
	if (kept === undefined) throw keyMissing(id);
	return requireBase44Key(kept);
}

/**
 * As `connectBase44`, for a command that works without a link too: a key that is not known is asked for.
 * @throws AppError `BASE44_KEY_MISSING` (exit 6), `BASE44_KEY_MALFORMED` (exit 2)
 */
export async function meetBase44(id: TargetId, stdin: boolean, terminal: Terminal): Promise<Base44> {
	if (stdin) return new Base44({ id, key: await askedBase44Key(true, terminal) });
	try {
		return await connectBase44(id);
	} catch (error) {
		const isMissing = error instanceof AppError && error.code === "BASE44_KEY_MISSING";
		if (!isMissing || !terminal.interactive) throw error;
		return new Base44({ id, key: await askedBase44Key(false, terminal) });
	}
}

/** The connection to a place that this device may send to. @throws AppError `BASE44_KEY_MISSING` (exit 6) */
export async function connectBase44(id: TargetId, signal?: AbortSignal): Promise<Base44> {
	return new Base44({ id, key: await knownKey(id), signal });
}
