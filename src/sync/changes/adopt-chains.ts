/**
 * The way out where the members were changed both here and on the platform: the platform's chains are kept, and what was
 * changed here is made again after them, as where a conflict of git's is resolved.
 */

import { loadVault } from "../../project/files/vault-file.ts";
import { type Resolution, resolveVault } from "../../project/resolve.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { type LinkTarget, logContextOf } from "../client/link-target.ts";
import { readLogMarks } from "../log/platform-marks.ts";

/**
 * Brings the vault onto the chains that the platform's log has. Values that both sides have are the platform's.
 * @throws AppError exit 3 where the identity cannot make the changes again; exit 6 where the platform is out of reach;
 *   exit 7 where the log does not hold
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

/** Of the environments those that a vault's chain has. */
function ofChain<T>(environments: ReadonlyMap<string, T>, links: readonly { change: readonly string[] }[]) {
	const names = new Set<string>();
	for (const { change } of links) {
		const [verb, name = ""] = change;
		if (verb === "create") names.add(name);
		if (verb === "delete") names.delete(name);
	}
	return new Map([...environments].filter(([name]) => names.has(name)));
}
