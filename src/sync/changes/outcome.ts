/** The options, the reports and the outcome of a sync. */
import type { RedeployResult } from "../../protocol/messages.ts";
import type { NodeEvent } from "../../protocol/nodes.ts";
import type { SideChooser } from "./merge-with-log.ts";

/** A change that the platform has appended to its log. */
export interface AcceptedChange {
	readonly revision: number;
	/** Whether it contains everything that was pending here. A larger set is sent as several changes. */
	readonly isAll: boolean;
	/** Functions that will be redeployed; empty from an earlier platform, which does not report them. */
	readonly concerned: readonly string[];
}

export interface SyncOptions {
	/** Decides about names that both sides changed, or that are older here. By default, such names stay undecided. */
	readonly take?: SideChooser | undefined;
	/** Called for each change that the platform has accepted, before its redeploys. */
	readonly onAccepted?: ((accepted: AcceptedChange) => void) | undefined;
	/** Called for each redeploy as the platform reports it. */
	readonly onRedeploy?: ((result: RedeployResult) => void) | undefined;
	/** Called when each node of the platform has followed, or not in time. Without it, no node is waited for. */
	readonly onNode?: ((event: NodeEvent) => void) | undefined;
}

export interface SyncOutcome {
	readonly revision: number;
	/**
	 * Names that this sync sent, and names that it took from the platform; sorted. A record that the platform had
	 * already is in neither.
	 */
	readonly sent: readonly string[];
	readonly taken: readonly string[];
	/** Names whose record here is older than the agreed version, or missing; sorted. They were not changed. */
	readonly rolledBack: readonly string[];
	readonly redeployed: readonly RedeployResult[];
	readonly untouched: readonly string[];
	readonly warnings: readonly string[];
}

/** The outcome so far. */
export class Outcome {
	readonly sent = new Set<string>();
	readonly taken = new Set<string>();
	rolledBack: readonly string[] = [];
	/** The last result of each function. */
	readonly redeployed = new Map<string, RedeployResult>();
	untouched: readonly string[] = [];

	done(revision: number, warnings: readonly string[]): SyncOutcome {
		const untouched = this.untouched.filter((name) => !this.redeployed.has(name));
		const { rolledBack } = this;
		const redeployed = [...this.redeployed.values()];
		return {
			revision,
			sent: [...this.sent].sort(),
			taken: [...this.taken].sort(),
			rolledBack,
			redeployed,
			untouched,
			warnings,
		};
	}
}
