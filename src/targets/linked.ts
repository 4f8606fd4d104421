/** Finds the kind of target that a binding in coffer.json names, and checks the binding. */

import { checkOrigin } from "../origin.ts";
import { configInvalid, type TargetBinding } from "../project/files/config.ts";
import type { TargetId } from "../project/memory/target-memory.ts";
import type { SessionContext } from "../project/session/session.ts";
import { loadKind } from "./kinds.ts";
import type { TargetKind } from "./target.ts";

/** A binding with the kind that it names. */
export interface LinkedTarget {
	readonly kind: TargetKind;
	readonly binding: TargetBinding;
}

/**
 * Loads the kind of an environment's binding. @throws AppError `CONFIG_INVALID` (exit 2) if this version of
 * Coffer does not know the kind, or if the app's id is not valid for it
 */
export async function linkedTarget(
	{ environment, root }: Pick<SessionContext, "environment" | "root">,
	binding: TargetBinding,
): Promise<LinkedTarget> {
	const kind = await loadKind(binding.kind);
	const place = `links.${environment}`;
	if (!kind)
		throw configInvalid(root, `${place}.kind: this version of Coffer has no target '${binding.kind}'`);
	if (!kind.appId.test(binding.app))
		throw configInvalid(root, `${place}.app: ${kind.title} has no ${kind.noun} with such an id`);
	return { kind, binding };
}

/**
 * Identifies the target that a binding names, to find what this device remembers about it. Does not check whether this
 * device may send to it.
 */
export function boundId({ kind, url, app }: TargetBinding): TargetId {
	const checked = checkOrigin(url);
	return { kind, origin: "origin" in checked ? checked.origin : url, app };
}
