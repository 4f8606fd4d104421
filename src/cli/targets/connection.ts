/** Connects to a target: finds its credential in the process environment, in the keychain, or at a prompt. */
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readToken, storeToken } from "../../identity/tokens.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import type { SecretTarget, TargetCredential, TargetKind } from "../../targets/target.ts";
import { CredentialMissing } from "../context/link-state.ts";
import { systemKeychain } from "../context/open-project.ts";
import { readCredential } from "../shell/process-environment.ts";
import { promptHidden } from "../shell/prompts.ts";
import { readStdinValue } from "../shell/stdin.ts";
import type { Terminal } from "../shell/terminal.ts";

async function textFromStdin(): Promise<string> {
	const { bytes } = await readStdinValue("Check the command or the file that it comes from.");
	return fromUtf8(bytes) ?? "";
}

/**
 * Reads a credential from standard input, from its variable, or from a hidden prompt.
 * @returns undefined if the kind needs none
 * @throws AppError `NO_TERMINAL` (exit 2), and as `TargetCredential.parse`
 */
export async function enterCredential(
	{ credential }: TargetKind,
	stdin: boolean,
	terminal: Terminal,
): Promise<string | undefined> {
	if (credential === undefined) return undefined;
	const { noun, parse, question, stdinFlag, variable } = credential;
	if (stdin) return parse(await textFromStdin());
	const given = readCredential(variable);
	if (given !== undefined) return parse(given);
	const hint = `Set ${variable}, or pass the ${noun} on standard input: ${stdinFlag} < FILE.`;
	return parse(await promptHidden(terminal, question, hint));
}

/**
 * Stores a credential in the keychain under the target's origin, unless its variable provides it. Only warns if
 * there is no keychain: the credential is then stored nowhere.
 */
export async function storeCredential(
	kind: TargetKind,
	{ origin }: TargetId,
	text: string | undefined,
	terminal: Terminal,
): Promise<void> {
	if (kind.credential === undefined || text === undefined) return;
	const { noun, variable } = kind.credential;
	if (readCredential(variable) === text) return;
	try {
		await storeToken(systemKeychain(), origin, text, kind.name);
	} catch (error) {
		if (!(error instanceof AppError) || error.exit !== EXIT.unauthorised) throw error;
		terminal.warn(`The ${noun} was not stored: ${error.message} Set ${variable} for later commands.`);
	}
}

function missing(kind: TargetKind, credential: TargetCredential, id: TargetId, cause?: AppError): AppError {
	const { missingCode: code, noun, variable } = credential;
	const why = cause ? ` ${cause.message}` : "";
	return new CredentialMissing({
		code,
		message: `There is no ${noun} for ${kind.title} at ${id.origin}.${why}`,
		hint: `Set ${variable}, or enter it once: ${kind.linkCommand(id)}.`,
		// The same status as for a target that cannot be reached: an edit is saved here without it.
		exit: EXIT.network,
		cause,
	});
}

/** The credential in its variable, or the one that the keychain has for the origin. @throws CredentialMissing (exit 6) */
async function storedCredential(kind: TargetKind, id: TargetId): Promise<string | undefined> {
	const { credential, name } = kind;
	if (credential === undefined) return undefined;
	const given = readCredential(credential.variable);
	if (given !== undefined) return credential.parse(given);
	let kept: string | undefined;
	try {
		kept = await readToken(systemKeychain(), id.origin, name);
	} catch (error) {
		throw error instanceof AppError ? missing(kind, credential, id, error) : error;
	}
	if (kept === undefined) throw missing(kind, credential, id);
	return credential.parse(kept);
}

/**
 * Connects to an app that this device may send to.
 * @throws CredentialMissing (exit 6), AppError as `TargetCredential.parse`
 */
export async function connectTarget(
	kind: TargetKind,
	id: TargetId,
	signal?: AbortSignal,
): Promise<SecretTarget> {
	return kind.connect(id, { credential: await storedCredential(kind, id), signal });
}

/**
 * Like `connectTarget`, for a command that does not need a link: it asks for a missing credential.
 * @throws CredentialMissing (exit 6), AppError as `TargetCredential.parse`
 */
export async function connectOrAsk(
	kind: TargetKind,
	id: TargetId,
	stdin: boolean,
	terminal: Terminal,
): Promise<SecretTarget> {
	const entered = async () => kind.connect(id, { credential: await enterCredential(kind, stdin, terminal) });
	if (stdin) return entered();
	try {
		return await connectTarget(kind, id);
	} catch (error) {
		if (!(error instanceof CredentialMissing) || !terminal.interactive) throw error;
		return entered();
	}
}
