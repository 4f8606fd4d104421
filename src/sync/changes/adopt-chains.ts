/**
 * Resolves a membership that was changed both here and on the platform: keeps the platform's chains, and applies the
 * local changes again after them, as `coffer vault resolve` does after a git conflict.
 */

import { loadVault } from "../../project/files/vault-file.ts";
import { type Resolution, resolveVault } from "../../project/resolve.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { type LinkTarget, logContextOf } from "../client/link-target.ts";
import { readLogMarks } from "../log/platform-marks.ts";

/**
 * Moves the vault onto the chains of the platform's log. If both sides have a value, the platform's is kept.
 * @throws AppError exit 3 if the identity cannot apply the changes again, exit 6 if the platform cannot be reached,
 *   exit 7 if the log is invalid
 */
export async function adoptMembership(context: SessionContext, target: LinkTarget): Promise<Resolution> {
	const { environment, root } = context;
	const { document: ours, text } = await loadVault(root);
	const { vaultId } = logContextOf(target.binding, ours.vaultId, environment);
	const { links, records } = await readLogMarks(target, { vaultId, environment });
	const section = { name: environment, line: 0, links: links.environment, records };
	const environments = new Map(ours.environments).set(environment, section);
	const theirs = { vaultId, links: links.vault, environments: ofChain(environments, links.vault) };
	const conflict = { ours, theirs, base: undefined };
	const read = { text, conflict };
	return resolveVault(root, { holder: context, read, membership: "theirs", take: () => "theirs" });
}

/** The environments that a vault's chain has. */
function ofChain<T>(environments: ReadonlyMap<string, T>, links: readonly { change: readonly string[] }[]) {
	const names = new Set<string>();
	for (const { change } of links) {
		const [verb, name = ""] = change;
		if (verb === "create") names.add(name);
		if (verb === "delete") names.delete(name);
	}
	return new Map([...environments].filter(([name]) => names.has(name)));
}
