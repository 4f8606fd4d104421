/**
 * Linking an environment with a platform: who it is is checked before anything is handed to it; then it is enrolled
 * as a reader, the binding is written, and everything is synced.
 */
import { AppError, EXIT } from "../errors.ts";
import { fingerprint } from "../identity/identity.ts";
import { bindingOf, platformOf, putBinding, readConfig } from "../project/config.ts";
import { readSession } from "../project/secrets.ts";
import { openSession, type SessionContext } from "../project/session.ts";
import { editVault } from "../project/vault-file.ts";
import type { PlatformInfo } from "../protocol/messages.ts";
import { parseToken } from "../protocol/token.ts";
import { makeAddMember } from "../vault/create.ts";
import { withSection } from "../vault/document.ts";
import { explainGateway } from "./gateway-address.ts";
import { freshMemory } from "./memory.ts";
import { Remote } from "./remote.ts";
import { type SyncOptions, type SyncOutcome, syncEnvironment } from "./sync.ts";

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

/** The error for a text that is no access token. */
export function tokenMalformed(): AppError {
	return usage(
		"TOKEN_MALFORMED",
		"That is not an access token of a Coffer platform.",
		"Copy the whole token that the platform printed when it first started.",
	);
}

/**
 * Asks a platform who it is, and holds that against the fingerprint in the token, which came by another way.
 * @throws AppError `TOKEN_MALFORMED`, `PLATFORM_ADDRESS_IS_GATEWAY` (exit 2), `PLATFORM_KEY_MISMATCH` (exit 7), exit 6 where it
 *   is out of reach
 */
export async function meetPlatform(
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
		message: `The platform at ${url} is not the one that the token is for: its key has another fingerprint.`,
		hint: "Check address and token with whoever runs the platform. No key and no secret was handed over.",
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
	/** Where the gateway serves the app. */
	readonly gateway: string;
	readonly enrolled: boolean;
	/** The member that the platform was with which the environment was linked before, and that still reads it. */
	readonly former: string | undefined;
	readonly sync: SyncOutcome;
}

/** Makes the platform a reader of the environment, unless it is. @returns whether it had to be done */
async function enrol(context: SessionContext, { app, remote, info }: LinkRequest): Promise<boolean> {
	const { environment, root } = context;
	return editVault(
		root,
		async (loaded) => {
			const session = await openSession(loaded, context);
			const { section, state } = session.verified;
			const target = {
				binding: { url: remote.url, app, platform: info.fingerprint, vault: loaded.document.vaultId },
				remote,
			};
			const known = session.checkout.platform;
			if (known?.app !== app || known.fingerprint !== info.fingerprint) {
				session.checkout.platform = freshMemory(target, loaded.document.vaultId, environment);
			}
			if (session.checkout.platform) session.checkout.platform.url = remote.url;
			const last = section.links.at(-1);
			if (!last || state.members.has(info.sign)) return { result: { session, enrolled: false } };
			const reader = {
				sign: info.sign,
				box: info.box,
				name: `platform-${info.fingerprint.slice(0, 8)}`,
				role: "reader" as const,
			};
			const link = makeAddMember(state, last, session.keys, context.identity, reader);
			const document = withSection(loaded.document, { ...section, links: [...section.links, link] });
			return { document, result: { session, enrolled: true } };
		},
		(now, { session }) => session.remember(now, [], { always: true }),
	).then(({ enrolled }) => enrolled);
}

/** The member name of another platform that the environment was linked with, where it is one still. */
async function formerPlatform(context: SessionContext, platform: string): Promise<string | undefined> {
	const before = platformOf(bindingOf(await readConfig(context.root), context.environment))?.platform;
	if (before === undefined || before === platform) return undefined;
	const { session } = await readSession(context);
	const members = [...session.verified.state.members.values()];
	return members.find((member) => fingerprint(member) === before)?.name;
}

/**
 * Links an environment with an app on a platform that `meetPlatform` has met.
 * @throws AppError `APP_TAKEN` (exit 5) where the app holds another vault or environment; as `syncEnvironment`
 */
export async function linkEnvironment(
	context: SessionContext,
	request: LinkRequest,
	options: SyncOptions,
): Promise<Linked> {
	const { app, remote, info } = request;
	const { environment, root } = context;
	const { vaultId } = (await readSession(context)).session.place;
	const description = await remote.createApp(app, { vaultId, environment });
	const enrolled = await enrol(context, request);
	const former = await formerPlatform(context, info.fingerprint);
	const binding = { url: remote.url, app, platform: info.fingerprint, vault: vaultId };
	await putBinding(root, environment, binding);
	const sync = await syncEnvironment(context, { binding, remote }, options);
	return { app, platform: info.fingerprint, gateway: description.url, enrolled, former, sync };
}
