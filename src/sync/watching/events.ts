/** What `coffer watch` tells. Stable: with `--json`, other programs rely on it. */
import type { DeployedFunction, RedeployResult } from "../../protocol/messages.ts";

/** What is done where something changed. */
export type Work = "sync" | "deploy";

export type WatchEvent =
	| { event: "watching"; root: string; environment: string; platform: string }
	| {
			event: "synced";
			revision: number;
			sent: readonly string[];
			taken: readonly string[];
			/** Those of `sent` and `taken` that are deleted now. */
			deleted: readonly string[];
	  }
	| { event: "sent"; app: string; sent: readonly string[]; deleted: readonly string[] }
	| { event: "redeployed"; result: RedeployResult }
	/** `again`: it fails as it did before, though its files changed. */
	| { event: "function"; result: DeployedFunction; again?: true }
	/** Functions that are gone from the project, and were deleted from the platform. */
	| { event: "deleted"; functions: readonly string[] }
	| { event: "out-of-reach"; message: string }
	| { event: "failed"; code: string; message: string; hint: string }
	/** What was out of reach or failed before, with that code, works. */
	| { event: "recovered"; work: Work; code: string }
	| { event: "stopped" };
