/** Prints the removal debt: values that a removed member knew and that are not replaced yet. */
import { inEnvironment } from "../../environment-hint.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";
import { count } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** The number of names of each removal that are printed, unless the whole list is requested. */
const SHOWN_NAMES = 5;

/**
 * Prints the first names of each removal, how many more there are, and the command that lists all of them.
 */
export function renderDebt(debts: readonly RemovalDebt[], environment: string, terminal: Terminal): void {
	renderNames(debts, SHOWN_NAMES, environment, terminal);
}

/** Prints every name of the removal debt. */
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
		terminal.line(`To replace: ${count(names.length, "value")} that ${member} could read (${set})`);
		// A single further name takes the same line as the note that there is one more.
		const shown = names.length > limit + 1 ? names.slice(0, limit) : names;
		for (const name of shown) terminal.line(`  ${name}`);
		const more = names.length - shown.length;
		if (more > 0)
			terminal.line(`  and ${more} more: '${inEnvironment("coffer members debt", environment)}' lists all`);
	}
}
