/** Connects to an app at Base44: finds the app's id and the API key. */
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

/** The file in which Base44's own CLI stores the id of the project's app. */
const APP_FILE = "base44/.app.jsonc";

async function appIdOfProject(root: string): Promise<string | undefined> {
	const bytes = await readBounded(join(root, APP_FILE), FILE_BYTES.settings, { links: true }).catch(
		(error: unknown) => {
			if (error instanceof AppError) throw error;
			return undefined;
		},
	);
	if (bytes === undefined) return undefined;
	// Loaded here, because the parser is native code and slow to load.
	const { parseJsonc } = await import("../../modules/jsonc.ts");
	const value = parseJsonc(fromUtf8(bytes) ?? "");
	const id = value instanceof Map ? value.get("id") : undefined;
	return typeof id === "string" ? id : undefined;
}

/**
 * The app's id: `given`, or else BASE44_APP_ID, or else the id in the project's `base44/.app.jsonc`.
 * @throws AppError `APP_ID_MISSING` (exit 2)
 */
export async function base44AppId(
	given: string | undefined,
	root: string,
	environment: Environment,
): Promise<string> {
	const app = given ?? environment.base44App ?? (await appIdOfProject(root));
	if (app !== undefined) return app.trim();
	throw new AppError({
		code: "APP_ID_MISSING",
		message: "The id of the app at Base44 is missing.",
		hint: `Pass --app ID, or set BASE44_APP_ID, or run 'base44 link', which writes the id to ${APP_FILE}.`,
		exit: EXIT.usage,
	});
}

async function keyFromStdin(): Promise<string> {
	const { bytes } = await readStdinValue("Check the command or the file that the key comes from.");
	return fromUtf8(bytes) ?? "";
}

/**
 * Reads an API key from standard input, from BASE44_API_KEY, or from a hidden prompt.
 * @throws AppError `BASE44_KEY_MALFORMED`, `NO_TERMINAL` (exit 2)
 */
export async function readBase44Key(stdin: boolean, terminal: Terminal): Promise<string> {
	if (stdin) return requireBase44Key(await keyFromStdin());
	const given = readCredentials().base44Key;
	if (given !== undefined) return requireBase44Key(given);
	const question = "API key of the Base44 workspace (b44k_...)";
	return requireBase44Key(
		await promptHidden(
			terminal,
			question,
			"Set BASE44_API_KEY, or pass the key on standard input: --key-stdin < FILE.",
		),
	);
}

/**
 * Stores a key in the keychain under its origin, unless BASE44_API_KEY provides it. Only warns if there is no keychain: the
 * key is then stored nowhere.
 */
export async function storeBase44Key({ origin }: TargetId, key: string, terminal: Terminal): Promise<void> {
	if (readCredentials().base44Key === key) return;
	try {
		await storeToken(systemKeychain(), origin, key, "base44");
	} catch (error) {
		if (!(error instanceof AppError) || error.exit !== EXIT.unauthorised) throw error;
		terminal.warn(`The API key was not stored: ${error.message} Set BASE44_API_KEY for later commands.`);
	}
}

function keyMissing({ app, origin }: TargetId, cause?: AppError): AppError {
	const why = cause ? ` ${cause.message}` : "";
	return new AppError({
		code: "BASE44_KEY_MISSING",
		message: `There is no API key for Base44 at ${origin}.${why}`,
		hint: `Set BASE44_API_KEY, or enter the key once: coffer link base44 --app ${app}.`,
		// The same status as for a Base44 that cannot be reached: an edit is saved here without it.
		exit: EXIT.network,
		cause,
	});
}

/** BASE44_API_KEY, or the key that the keychain has for the origin. @throws AppError `BASE44_KEY_MISSING` (exit 6) */
async function storedKey(id: TargetId): Promise<string> {
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
 * Like `connectBase44`, for a command that does not need a link: it asks for a missing key.
 * @throws AppError `BASE44_KEY_MISSING` (exit 6), `BASE44_KEY_MALFORMED` (exit 2)
 */
export async function connectOrAskBase44(id: TargetId, stdin: boolean, terminal: Terminal): Promise<Base44> {
	if (stdin) return new Base44({ id, key: await readBase44Key(true, terminal) });
	try {
		return await connectBase44(id);
	} catch (error) {
		const isMissing = error instanceof AppError && error.code === "BASE44_KEY_MISSING";
		if (!isMissing || !terminal.interactive) throw error;
		return new Base44({ id, key: await readBase44Key(false, terminal) });
	}
}

/** Connects to an app that this device may send to. @throws AppError `BASE44_KEY_MISSING` (exit 6) */
export async function connectBase44(id: TargetId, signal?: AbortSignal): Promise<Base44> {
	return new Base44({ id, key: await storedKey(id), signal });
}
