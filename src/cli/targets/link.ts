/** Links an environment with a target, and removes such a link: for the commands of each kind of target, and `unlink`. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { deleteToken } from "../../identity/tokens.ts";
import { dropBinding, putBinding, type TargetBinding } from "../../project/files/config.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { appWords, loadedKind } from "../../targets/kinds.ts";
import { linkedTarget } from "../../targets/linked.ts";
import { requireStorable } from "../../targets/sending.ts";
import { forgetTarget, pendingAtTarget, pinTarget, syncTarget } from "../../targets/sync.ts";
import { refusePlatformLink } from "../context/environment-binding.ts";
import { systemKeychain } from "../context/open-project.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { enterCredential, storeCredential } from "./connection.ts";
import { foreignLine } from "./sync.ts";

/** Stable: other programs rely on it. */
export interface TargetLinkResult {
	environment: string;
	/** The name of the kind of target. */
	target: string;
	app: string;
	url: string;
	sent: readonly string[];
	deleted: readonly string[];
	/** Names that were not sent: because of --no-sync, or because a newer version was sent to the target before. */
	pending: readonly string[];
	/** Names that the target has, and neither the vault nor this device knows. They are not changed. */
	foreign: readonly string[];
}

/** The error of the first request. Its advice is for a linked environment, which waits for the next sync. */
function notLinked(error: unknown): unknown {
	const isLater = error instanceof AppError && (error.exit === EXIT.network || error.exit === EXIT.conflict);
	return isLater
		? error.with({
				hint: "Nothing was linked. Check the address and the network, and run the command again.",
			})
		: error;
}

/**
 * Tests the credential with one request, stores it, writes the link to coffer.json, and sends the secrets.
 * @param id by `TargetKind.identify`
 * @param options whether the credential comes from standard input, and whether to send the secrets
 * @throws AppError `ENVIRONMENT_LINKED` (exit 5), and as `enterCredential`, the target and `syncTarget`
 */
export async function linkTarget(
	context: SessionContext,
	id: TargetId,
	options: { readonly stdin: boolean; readonly sync: boolean },
	terminal: Terminal,
): Promise<TargetLinkResult> {
	const { environment, root } = context;
	const { app, kind: name, origin: url } = id;
	await refusePlatformLink(context);
	const { session } = await readSession(context);
	const binding: TargetBinding = { kind: name, url, app, vault: session.place.vaultId };
	const linked = await linkedTarget(context, binding);
	if (options.sync) requireStorable(session, linked.kind);
	const credential = await enterCredential(linked.kind, options.stdin, terminal);
	const target = linked.kind.connect(id, { credential });
	const names = await target.list().catch((error: unknown) => {
		throw notLinked(error);
	});
	await storeCredential(linked.kind, id, credential, terminal);
	await pinTarget(session, id);
	await putBinding(root, environment, binding);
	const result = { environment, target: name, app, url };
	if (!options.sync) {
		const pending = await pendingAtTarget(session, binding);
		return { ...result, sent: [], deleted: [], pending, foreign: [] };
	}
	const outcome = await syncTarget(context, linked, async () => target, { list: false, names });
	for (const warning of outcome.warnings) terminal.warn(warning);
	const { sent, deleted, rolledBack: pending, foreign } = outcome;
	return { ...result, sent, deleted, pending, foreign };
}

export function renderTargetLink(result: TargetLinkResult, terminal: Terminal): void {
	const { environment, app, url, sent, deleted, pending, foreign } = result;
	const kind = loadedKind(result.target);
	terminal.line(
		`${MARKS.ok} Linked environment '${environment}' with ${appWords(kind.name, app)} at ${kind.title} (${url})`,
	);
	if (sent.length > 0) terminal.line(`  ${count(sent.length, "secret")} sent: ${listNames(sent)}`);
	if (deleted.length > 0) terminal.line(`  Deleted at ${kind.title}: ${listNames(deleted)}`);
	if (pending.length > 0)
		terminal.line(
			`  ${count(pending.length, "secret")} not sent: run '${inEnvironment("coffer sync", environment)}'`,
		);
	if (foreign.length > 0) terminal.line(`  ${foreignLine(kind, foreign)}`);
	terminal.line();
	const next = kind.deployCommand === undefined ? "" : ` Next: ${kind.deployCommand}`;
	terminal.line(`Commit coffer.vault and coffer.json.${next}`);
}

/** Stable. */
export interface TargetUnlinkResult {
	environment: string;
	/** The name of the kind of target. */
	target: string;
	app: string;
	url: string;
	/** Always null, 0 and empty: a target has no key of the vault, so the members and the key do not change. */
	epoch: null;
	resealed: 0;
	debt: readonly [];
	/** The names whose values stay at the target. */
	left: readonly string[];
	tokenForgotten: boolean;
}

/**
 * Removes the link from coffer.json, and this device's memory of the target.
 * @param forgets whether to delete the credential from the keychain, too
 * @throws AppError `CONFIG_INVALID` (exit 2), `STATE_DAMAGED` (exit 7), and as the keychain
 */
export async function unlinkTarget(
	context: SessionContext,
	binding: TargetBinding,
	forgets: boolean,
): Promise<TargetUnlinkResult> {
	const { environment, root } = context;
	const { kind } = await linkedTarget(context, binding);
	const { session } = await readSession(context);
	const left = await forgetTarget(session, binding);
	await dropBinding(root, environment);
	const { app, url } = binding;
	const hasCredential = forgets && kind.credential !== undefined;
	const tokenForgotten = hasCredential && (await deleteToken(systemKeychain(), url, kind.name));
	return {
		environment,
		target: kind.name,
		app,
		url,
		epoch: null,
		resealed: 0,
		debt: [],
		left,
		tokenForgotten,
	};
}

export function renderTargetUnlink(result: TargetUnlinkResult, terminal: Terminal): void {
	const { environment, app, url, left, tokenForgotten } = result;
	const { credential, deleteCommand, title } = loadedKind(result.target);
	terminal.line(
		`${MARKS.ok} Unlinked environment '${environment}' from ${appWords(result.target, app)} at ${title} (${url})`,
	);
	const names = left.length > 0 ? `: ${listNames(left)}` : "";
	terminal.line(`  The values that were sent stay at ${title}${names}.`);
	if (deleteCommand !== undefined) terminal.line(`  To delete one of them: ${deleteCommand}`);
	if (tokenForgotten && credential) terminal.line(`  Its ${credential.noun} is no longer in the keychain.`);
	terminal.line();
	terminal.line("Commit coffer.json.");
}
