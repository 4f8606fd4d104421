/** The events of `coffer watch`. Stable: with `--json`, other programs rely on them. */
import type { DeployedFunction, RedeployResult } from "../../protocol/messages.ts";

/** The task that a change causes. */
export type Work = "sync" | "deploy";

export type WatchEvent =
	| { event: "watching"; root: string; environment: string; platform: string }
	/** coffer.json links the environment with another app or platform than before. Secrets and functions go there. */
	| { event: "relinked"; app: string; platform: string }
	| {
			event: "synced";
			revision: number;
			sent: readonly string[];
			taken: readonly string[];
			/** Names in `sent` and `taken` that are deleted now. */
			deleted: readonly string[];
	  }
	/** `target` is the name of the kind of target. */
	| { event: "sent"; target: string; app: string; sent: readonly string[]; deleted: readonly string[] }
	| { event: "redeployed"; result: RedeployResult }
	/** `again`: it fails as before, although its files changed. */
	| { event: "function"; result: DeployedFunction; again?: true }
	/** Functions that are missing from the project. If they stay missing, they are deleted from the platform. */
	| { event: "missing"; functions: readonly string[] }
	/** Functions that were deleted from the project, and then from the platform. */
	| { event: "deleted"; functions: readonly string[] }
	| { event: "out-of-reach"; message: string }
	| { event: "failed"; code: string; message: string; hint: string }
	/** A task that failed before with this code works again. */
	| { event: "recovered"; work: Work; code: string }
	| { event: "stopped" };
