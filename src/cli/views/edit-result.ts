/** The report of an edit of the vault and of the sync after it. */
import { inEnvironment } from "../../environment-hint.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import { appWords, loadedKind } from "../../targets/kinds.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/**
 * The part of the report about the sync, for every command that edits the vault. Stable: other programs rely
 * on it.
 */
export interface SyncReport {
	/**
	 * The platform's revision after the sync; null if it was not reached or the environment is not linked.
	 */
	revision: number | null;
	/** The number of names that are not synced yet. */
	pending: number;
	redeployed: readonly RedeployResult[];
	/** Functions that the change does not concern. */
	untouched: readonly string[];
	/** What was sent; only if the environment is linked with a target other than a Coffer platform. */
	target?: TargetReport;
}

/** Stable. */
export interface TargetReport {
	/** The name of the kind of target. */
	kind: string;
	app: string;
	url: string;
	sent: readonly string[];
	deleted: readonly string[];
}

/** Stable. */
export interface EditResult extends SyncReport {
	set: readonly string[];
	deleted: readonly string[];
	unchanged: readonly string[];
}

/** The edit of one environment. Stable. */
export interface EnvironmentEdit extends EditResult {
	environment: string;
}

/** Joins names for a sentence. A long list is shortened. */
export function listNames(names: readonly string[]): string {
	return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}

/** Prints an edit and its sync. @param environment the environment that was edited; each line names it */
export function renderEdit(result: EditResult, environment: string, terminal: Terminal): void {
	const { set, deleted, unchanged } = result;
	if (set.length > 0) terminal.line(`${MARKS.ok} Set ${listNames(set)} in ${environment}`);
	if (deleted.length > 0) terminal.line(`${MARKS.ok} Deleted ${listNames(deleted)} from ${environment}`);
	if (unchanged.length > 0) terminal.line(`  Unchanged in ${environment}: ${listNames(unchanged)}`);
	// For example, the .env file was empty.
	if (result.set.length + result.deleted.length + result.unchanged.length === 0)
		terminal.line("  Nothing was set, because there were no names.");
	renderSync(result, environment, terminal);
}

/** Prints the sync after an edit. The result of each function was printed during the wait. */
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

/** Prints the names that were sent to a target other than a Coffer platform. */
function renderTarget({ app, kind, sent, deleted }: TargetReport, terminal: Terminal): void {
	const parts = [
		...(sent.length > 0 ? [`sent ${listNames(sent)}`] : []),
		...(deleted.length > 0 ? [`deleted ${listNames(deleted)}`] : []),
	];
	if (parts.length > 0)
		terminal.line(`  ${loadedKind(kind).title} ${appWords(kind, app)}: ${parts.join(", ")}`);
}
