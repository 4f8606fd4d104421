/** What a sync is told, what it reports on its way, and what it comes to. */
import type { RedeployResult } from "../../protocol/messages.ts";
import type { Take } from "./merge-with-log.ts";

/** A change that is in the platform's log. */
export interface AcceptedChange {
	readonly revision: number;
	/** Whether it holds all that was pending here. A larger set is sent as several changes. */
	readonly isAll: boolean;
	/** Functions that are about to be redeployed, as far as the platform says. */
	readonly concerned: readonly string[];
}

export interface SyncOptions {
	/** Decides names that both sides changed, or that are older here; nobody by default. */
	readonly take?: Take | undefined;
	/** Called for each change that the platform has taken in, before what it redeploys. */
	readonly onAccepted?: ((accepted: AcceptedChange) => void) | undefined;
	/** Called for each redeploy as the platform reports it. */
	readonly onRedeploy?: ((result: RedeployResult) => void) | undefined;
}

export interface SyncOutcome {
	readonly revision: number;
	/** Names that this sync sent, and names that it took; sorted. What the platform had already is in neither. */
	readonly sent: readonly string[];
	readonly taken: readonly string[];
	/** Names that are older here than what was agreed, or gone; sorted. Nothing was done with them. */
	readonly rolledBack: readonly string[];
	readonly redeployed: readonly RedeployResult[];
	readonly untouched: readonly string[];
	readonly warnings: readonly string[];
}

/** What a sync has come to so far. */
export class Outcome {
	readonly sent = new Set<string>();
	readonly taken = new Set<string>();
	rolledBack: readonly string[] = [];
	/** The last report of each function. */
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
