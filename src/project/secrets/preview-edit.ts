/** What an edit of secrets would change, without changing anything. */
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import { bindingOf, platformOf, readConfig } from "../files/config.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { isReseal, pendingNames, rememberedPlatform } from "../session/sync-state.ts";
import { checkValue, holds, readSession, requireEditable, requireLive } from "./edit-secrets.ts";

/** A secret that would have another value, or none any more. */
export interface PreviewedChange {
	readonly name: string;
	readonly kind: "set" | "deleted";
	/** In the vault already, and not on the platform yet. */
	readonly pending: boolean;
}

export interface Preview {
	/** Sorted by name. */
	readonly changes: readonly PreviewedChange[];
	/** Names that have the value already; sorted. */
	readonly unchanged: readonly string[];
	readonly warnings: readonly string[];
}

/** What is to be done to a name: `value` undefined deletes it, `unknown` is some other value than it has. */
export type Intent = { readonly value: string | undefined } | "unknown";

/**
 * What would be sent if secrets were edited so: those of the edit that are no change are told apart, and what waits
 * to be synced is in it.
 * @param waiting tells what waits to be synced; that of a linked platform by default
 * @throws AppError as the edit itself: for a name or value that cannot be (exit 2), one that is to be deleted and is not
 *   there (exit 4), or a device that may not write (exit 3)
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
		if (intent !== "unknown" && holds(session, name, intent.value)) {
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

/** What the next sync sends that is a new value to the platform. Nothing where the environment is linked with none. */
async function pendingChanges({ checkout, context, verified }: VaultSession): Promise<PreviewedChange[]> {
	const binding = platformOf(bindingOf(await readConfig(context.root), context.environment));
	if (binding === undefined) return [];
	const memory = rememberedPlatform(checkout, binding);
	return pendingNames(verified, memory).flatMap((name): PreviewedChange[] => {
		const record = verified.section.records.get(name);
		// A name that the file has lost is no deletion, and is not sent.
		if (record === undefined || (memory !== undefined && isReseal(memory, record))) return [];
		if (record.kind === "deleted" && memory?.base.has(name) !== true) return [];
		return [{ name, kind: record.kind === "live" ? "set" : "deleted", pending: true }];
	});
}
