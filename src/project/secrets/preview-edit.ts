/** Predicts what an edit of secrets would change. Writes nothing. */
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import { bindingOf, platformOf, readConfig } from "../files/config.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { isReseal, pendingNames, rememberedPlatform } from "../session/sync-state.ts";
import { checkValue, hasValue, readSession, requireEditable, requireLive } from "./edit-secrets.ts";

/** A secret that would get another value, or would be deleted. */
export interface PreviewedChange {
	readonly name: string;
	readonly kind: "set" | "deleted";
	/** Whether the change is in the vault already and waits for a sync. */
	readonly pending: boolean;
}

export interface Preview {
	/** Sorted by name. */
	readonly changes: readonly PreviewedChange[];
	/** Names that have this value already; sorted. */
	readonly unchanged: readonly string[];
	readonly warnings: readonly string[];
}

/**
 * What an edit does to a name: sets `value`, deletes the name (`value` undefined), or sets a value that is not
 * known yet (`unknown`).
 */
export type Intent = { readonly value: string | undefined } | "unknown";

/**
 * The changes that a sync would send after this edit, including those that already wait for a sync. Names that
 * the edit leaves unchanged are listed separately.
 * @param waiting returns the changes that wait for a sync; by default those for the linked platform
 * @throws AppError as the edit: exit 2 for an invalid name or value, exit 4 for a deletion of a missing name,
 *   exit 3 if this device may not write
 */
export async function previewEdit(
	context: SessionContext,
	intents: ReadonlyMap<string, Intent>,
	waiting: (session: VaultSession) => Promise<readonly PreviewedChange[]> = pendingChanges,
): Promise<Preview> {
	const warnings: string[] = [];
	for (const [name, intent] of intents) {
		const { warning } = checkSecretName(name);
		if (warning !== undefined) warnings.push(warning);
		if (intent !== "unknown" && intent.value !== undefined) checkValue(name, intent.value);
	}
	const deleted = [...intents].filter(([, intent]) => intent !== "unknown" && intent.value === undefined);
	await requireLive(
		context,
		deleted.map(([name]) => name),
	);
	const { session } = await readSession(context);
	if (intents.size > 0) requireEditable(session);
	const changes = new Map((await waiting(session)).map((change) => [change.name, change]));
	const unchanged: string[] = [];
	for (const [name, intent] of intents) {
		if (intent !== "unknown" && hasValue(session, name, intent.value)) {
			unchanged.push(name);
			continue;
		}
		const kind = intent !== "unknown" && intent.value === undefined ? "deleted" : "set";
		changes.set(name, { name, kind, pending: false });
	}
	return {
		changes: [...changes.values()].sort((a, b) => compareNames(a.name, b.name)),
		unchanged: unchanged.sort(compareNames),
		warnings: [...warnings, ...session.warnings],
	};
}

/**
 * The changes that the next sync would send to the platform as new values. None if the environment is not
 * linked with a platform.
 */
async function pendingChanges(session: VaultSession): Promise<PreviewedChange[]> {
	const { checkout, context, snapshot, verified } = session;
	const binding = platformOf(bindingOf(await readConfig(context.root), context.environment));
	if (binding === undefined) return [];
	const memory = rememberedPlatform(checkout, binding);
	return pendingNames(snapshot, memory).flatMap((name): PreviewedChange[] => {
		const record = verified.section.records.get(name);
		// A name that is missing in the file was not deleted, so nothing is sent for it.
		if (record === undefined || (memory !== undefined && isReseal(memory, record))) return [];
		if (record.kind === "deleted" && memory?.base.has(name) !== true) return [];
		return [{ name, kind: record.kind === "live" ? "set" : "deleted", pending: true }];
	});
}
