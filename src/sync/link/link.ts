/**
 * Links an environment with a platform: checks the platform's identity before anything is sent to it, makes it a
 * reader, writes the binding, and syncs.
 */
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import {
	bindingOf,
	type ProjectConfig,
	platformOf,
	readConfig,
	withBinding,
	writeConfig,
} from "../../project/files/config.ts";
import { editVault, type LoadedVault, loadVault } from "../../project/files/vault-file.ts";
import { lastLink, requireNewest } from "../../project/members/members.ts";
import { readCheckoutMemory } from "../../project/memory/device-state.ts";
import { checkVaultId } from "../../project/memory/first-use.ts";
import { openSession } from "../../project/session/open-session.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { memoryLocation } from "../../project/session/session-context.ts";
import { rememberedPlatform } from "../../project/session/sync-state.ts";
import { emptyHead } from "../../protocol/change.ts";
import type { PlatformInfo } from "../../protocol/messages.ts";
import { parseToken } from "../../protocol/token.ts";
import { makeAddMember } from "../../vault/document/create.ts";
import { withSection } from "../../vault/document/document.ts";
import { withHeader } from "../changes/integrate.ts";
import { type SyncOptions, type SyncOutcome, syncEnvironment } from "../changes/sync.ts";
import { explainGateway } from "../client/gateway-address.ts";
import { explainFork, explainMissingApp, type LinkTarget, logContextOf } from "../client/link-target.ts";
import { Remote } from "../client/platform-client.ts";
import { readLog } from "../log/read-log.ts";
import { freshMemory } from "../log/sync-memory.ts";

const APP_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** @throws AppError `APP_ID_INVALID` (exit 2) */
export function requireAppId(app: string): void {
	if (APP_ID.test(app)) return;
	throw usage(
		"APP_ID_INVALID",
		"An app's id is 1 to 63 lower-case letters, digits and dashes, and does not begin with a dash.",
		"Use an id such as shop.",
	);
}

/** The error for a text that is not an access token. */
export function tokenMalformed(): AppError {
	return usage(
		"TOKEN_MALFORMED",
		"That is not an access token of a Coffer platform.",
		"Copy the whole token that the platform printed when it first started.",
	);
}

/**
 * Requests a platform's identity, and compares it with the fingerprint in the token, which the user received in another
 * way.
 * @throws AppError `TOKEN_MALFORMED`, `PLATFORM_ADDRESS_IS_GATEWAY` (exit 2), `PLATFORM_KEY_MISMATCH` (exit 7),
 *   exit 6 if it cannot be reached
 */
export async function connectToPlatform(
	url: string,
	token: string,
	signal?: AbortSignal,
): Promise<{ remote: Remote; info: PlatformInfo }> {
	const expected = parseToken(token)?.fingerprint;
	if (expected === undefined) throw tokenMalformed();
	const remote = new Remote({ url, token, signal });
	let info: PlatformInfo;
	try {
		info = await remote.platform();
	} catch (error) {
		throw await explainGateway(error, url, expected);
	}
	if (fingerprint({ sign: info.sign, box: info.box }) === expected) return { remote, info };
	throw new AppError({
		code: "PLATFORM_KEY_MISMATCH",
		message: `The platform at ${url} is not the one that issued the token: its key has another fingerprint.`,
		hint: "Check the address and the token with the platform's operator. No key and no secret was sent.",
		exit: EXIT.integrity,
	});
}

export interface LinkRequest {
	readonly app: string;
	readonly remote: Remote;
	readonly info: PlatformInfo;
}

export interface Linked {
	readonly app: string;
	/** The platform's fingerprint. */
	readonly platform: string;
	/** The gateway's URL for the app. */
	readonly gateway: string;
	readonly enrolled: boolean;
	/** The member name of the previously linked platform, if it is still a reader. */
	readonly former: string | undefined;
	readonly sync: SyncOutcome;
}

/** The outcome before the first sync. */
type Prepared = Pick<Linked, "enrolled" | "former">;

/** The member name of another platform that the environment was linked with, if it is still a member. */
function formerPlatform(session: VaultSession, config: ProjectConfig, platform: string): string | undefined {
	const before = platformOf(bindingOf(config, session.place.environment))?.platform;
	if (before === undefined || before === platform) return undefined;
	const members = [...session.verified.state.members.values()];
	return members.find((member) => fingerprint(member) === before)?.name;
}

/**
 * Makes the platform a reader of the environment, unless it is one, and writes the binding: into `coffer.vault`
 * and `coffer.json`, or into neither. The membership in the app's log is taken first, because another branch
 * may have linked the environment before.
 */
async function enrol(context: SessionContext, { info }: LinkRequest, target: LinkTarget): Promise<Prepared> {
	const { environment, root } = context;
	const { binding } = target;
	const { app, platform } = binding;
	const news = await readLog(target, emptyHead(logContextOf(binding, binding.vault, environment)));
	return editVault<Prepared>(root, async (loaded) => {
		const known = withHeader(loaded.document, environment, { binding, entries: news.entries });
		const session = await openSession({ ...loaded, document: known }, context);
		const { section, state } = session.verified;
		const config = await readConfig(root);
		const former = formerPlatform(session, config, platform);
		const remembered = session.checkout.platform;
		if (remembered?.app !== app || remembered.fingerprint !== platform)
			session.checkout.platform = freshMemory(target, binding.vault, environment);
		if (session.checkout.platform) session.checkout.platform.url = binding.url;
		const changed = withBinding(config, environment, binding);
		const alongside = changed === config ? undefined : () => writeConfig(root, changed);
		const remember = (now: LoadedVault) => session.remember(now, [], { always: true });
		if (state.members.has(info.sign))
			return { document: known, result: { enrolled: false, former }, alongside, remember };
		requireNewest(session);
		const name = `platform-${info.fingerprint.slice(0, 8)}`;
		const reader = { sign: info.sign, box: info.box, name, role: "reader" as const };
		const link = makeAddMember(state, lastLink(section.links), session.keys, context.identity, reader);
		const document = withSection(known, { ...section, links: [...section.links, link] });
		return { document, result: { enrolled: true, former }, alongside, remember };
	});
}

/**
 * Before an app is created: where this working copy has synced with an app of this name, the platform must still have
 * its log. A new app would be refused after it was created.
 * @throws AppError `LOG_FORKED` (exit 7); `APP_NOT_FOUND` (exit 4) if the app was deleted
 */
async function requireSameLog(context: SessionContext, target: LinkTarget): Promise<void> {
	const { binding } = target;
	const place = memoryLocation(context, binding.vault);
	const memory = rememberedPlatform(await readCheckoutMemory(place), binding);
	if (memory === undefined || memory.revision === 0) return;
	try {
		await readLog(target, memory);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		throw explainFork(explainMissingApp(error, binding, context.environment), target, context.environment);
	}
}

/**
 * Links an environment with an app on a platform that `connectToPlatform` has checked.
 * @throws AppError as `requireSameLog`; `APP_TAKEN` (exit 5) if the app has another vault or environment; `MEMBERSHIP_OLDER` (exit 7) and
 *   `MEMBERSHIP_DIVERGED` (exit 5 or 7) before anything is written; as `syncEnvironment`
 */
export async function linkEnvironment(
	context: SessionContext,
	request: LinkRequest,
	options: SyncOptions,
): Promise<Linked> {
	const { app, remote, info } = request;
	const { environment } = context;
	const { document } = await loadVault(context.root);
	const { vaultId } = document;
	await checkVaultId(context, vaultId);
	const binding = { url: remote.url, app, platform: info.fingerprint, vault: vaultId };
	await requireSameLog(context, { binding, remote });
	const description = await remote.createApp(app, { vaultId, environment });
	const { enrolled, former } = await enrol(context, request, { binding, remote });
	const sync = await syncEnvironment(context, { binding, remote }, options);
	return { app, platform: info.fingerprint, gateway: description.url, enrolled, former, sync };
}
