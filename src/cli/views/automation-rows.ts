/** Prints automations, which run functions without a request. */
import type { FunctionList } from "../../protocol/function-list.ts";
import { formatMinute } from "../context/instant.ts";
import type { Terminal } from "../shell/terminal.ts";

type Listed = NonNullable<FunctionList["functions"][number]["automations"]>[number];

export interface AutomationRow {
	name: string;
	type: string;
	active: boolean;
	/** The next run, in ISO 8601; null if there is none. */
	next: string | null;
	/** The last run, in ISO 8601; null if there was none. */
	last: string | null;
	runs: number;
}

export function automationRow({ name, type, active, nextMs, lastMs, runs }: Listed): AutomationRow {
	return { name, type, active, next: isoOf(nextMs), last: isoOf(lastMs), runs };
}

function isoOf(atMs: number | null): string | null {
	return atMs === null ? null : new Date(atMs).toISOString();
}

/** Prints a table with the automations of all functions. Prints nothing if there are none. */
export function renderAutomations(
	functions: readonly { readonly name: string; readonly automations: readonly AutomationRow[] }[],
	terminal: Terminal,
): void {
	const rows = functions.flatMap(({ name, automations }) =>
		automations.map((row) => [
			name,
			row.name,
			nextOf(row),
			row.last === null ? "-" : formatMinute(row.last),
			String(row.runs),
		]),
	);
	if (rows.length === 0) return;
	terminal.line("");
	terminal.table(rows, ["FUNCTION", "AUTOMATION", "NEXT RUN", "LAST RUN", "RUNS"]);
}

function nextOf({ type, active, next }: AutomationRow): string {
	if (type !== "scheduled") return `never (${type})`;
	if (!active) return "never (not active)";
	return next === null ? "never" : formatMinute(next);
}
