/**
 * What `secrets set` and `secrets delete` report: the edit, and the sync that followed it.
 */
import { inEnvironment } from "../../environment-hint.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** What every command that edits the vault reports of the sync that followed. Stable: other programs rely on it. */
export interface SyncReport {
	/** The platform's revision after the sync; null where it was not reached or the environment is not linked. */
	revision: number | null;
	/** How many names still wait to be synced. */
	pending: number;
	redeployed: readonly RedeployResult[];
	/** Functions that kept running as they were. */
	untouched: readonly string[];
	/** What was sent, where the environment is linked with another target than a Coffer platform. */
	target?: TargetReport;
}

/** Stable, too. */
export interface TargetReport {
	kind: "base44";
	app: string;
	url: string;
	sent: readonly string[];
	deleted: readonly string[];
}

/** Stable, too. */
export interface EditResult extends SyncReport {
	set: readonly string[];
	deleted: readonly string[];
	unchanged: readonly string[];
}

/** An edit of the one environment that the command names; stable, too. */
export interface EnvironmentEdit extends EditResult {
	environment: string;
}

/** Names in a sentence; a long list is cut. */
export function listNames(names: readonly string[]): string {
	return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}

/** @param environment the one that was edited; each line names it */
export function renderEdit(result: EditResult, environment: string, terminal: Terminal): void {
	const { set, deleted, unchanged } = result;
	if (set.length > 0) terminal.line(`${MARKS.ok} Set ${listNames(set)} in ${environment}`);
	if (deleted.length > 0) terminal.line(`${MARKS.ok} Deleted ${listNames(deleted)} from ${environment}`);
	if (unchanged.length > 0) terminal.line(`  Unchanged in ${environment}: ${listNames(unchanged)}`);
	// An empty .env file, for one.
	if (result.set.length + result.deleted.length + result.unchanged.length === 0)
		terminal.line("  Nothing to set: no name was given.");
	renderSync(result, environment, terminal);
}

/** The sync, in lines below what was edited. What became of each function was said while it was waited for. */
export function renderSync(result: SyncReport, environment: string, terminal: Terminal): void {
	if (result.revision !== null) {
		const kept =
			result.untouched.length > 0 ? `; ${count(result.untouched.length, "function")} untouched` : "";
		terminal.line(`  Synced: revision ${result.revision}${kept}`);
	}
	if (result.target) renderTarget(result.target, terminal);
	if (result.pending > 0)
		terminal.line(
			`  ${count(result.pending, "secret")} not synced yet: run '${inEnvironment("coffer sync", environment)}'`,
		);
}

/** What went to another target than a Coffer platform, in a line. */
function renderTarget({ app, sent, deleted }: TargetReport, terminal: Terminal): void {
	const parts = [
		...(sent.length > 0 ? [`sent ${listNames(sent)}`] : []),
		...(deleted.length > 0 ? [`deleted ${listNames(deleted)}`] : []),
	];
	if (parts.length > 0) terminal.line(`  Base44 app '${app}': ${parts.join(", ")}`);
}
