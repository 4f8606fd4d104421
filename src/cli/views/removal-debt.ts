/** The debt of removals, for people. */
import { inEnvironment } from "../../environment-hint.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";
import { count } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** Names that are shown of each removal where the whole list is not asked for. */
const SHOWN_NAMES = 5;

/**
 * Names the values that are still to be set anew: the first few of each removal, how many more there are, and the command
 * that lists all. Nothing where nothing is.
 */
export function renderDebt(debts: readonly RemovalDebt[], environment: string, terminal: Terminal): void {
	renderNames(debts, SHOWN_NAMES, environment, terminal);
}

/** Names every value that is still to be set anew. */
export function renderWholeDebt(
	debts: readonly RemovalDebt[],
	environment: string,
	terminal: Terminal,
): void {
	renderNames(debts, Number.POSITIVE_INFINITY, environment, terminal);
}

function renderNames(
	debts: readonly RemovalDebt[],
	limit: number,
	environment: string,
	terminal: Terminal,
): void {
	for (const { member, names } of debts) {
		const set = inEnvironment("coffer secrets set NAME", environment);
		terminal.line(`To rotate: ${count(names.length, "value")} that ${member} could read (${set})`);
		// One name more takes no more room than the line that says that there is one more.
		const shown = names.length > limit + 1 ? names.slice(0, limit) : names;
		for (const name of shown) terminal.line(`  ${name}`);
		const more = names.length - shown.length;
		if (more > 0)
			terminal.line(`  and ${more} more: '${inEnvironment("coffer members debt", environment)}' lists all`);
	}
}
