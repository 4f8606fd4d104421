/** Prints the removal debt: values that removed members knew and that are not replaced yet. */
import { inEnvironment } from "../../environment-hint.ts";
import type { RemovalDebt } from "../../vault/document/removal-debt.ts";
import { count } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** The number of names that are printed, unless the whole list is requested. */
const SHOWN_NAMES = 5;

/** Prints the first names, how many more there are, and the command that lists all of them. */
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

/** Prints one list, in which a name appears once, however many removed members knew its value. */
function renderNames(
	debts: readonly RemovalDebt[],
	limit: number,
	environment: string,
	terminal: Terminal,
): void {
	const readers = readersByName(debts);
	if (readers.size === 0) return;
	const names = [...readers.keys()].sort();
	const everybody = new Set(debts.map(({ member }) => member));
	const isAlike = names.every((name) => readers.get(name)?.size === everybody.size);
	const who = isAlike ? joined(everybody) : "removed members";
	const set = inEnvironment("coffer secrets set NAME", environment);
	terminal.line(`To replace: ${count(names.length, "value")} that ${who} could read (${set})`);
	// A single further name takes the same line as the note that there is one more.
	const shown = names.length > limit + 1 ? names.slice(0, limit) : names;
	terminal.table(shown.map((name) => [`  ${name}`, ...(isAlike ? [] : [joined(readers.get(name))])]));
	const more = names.length - shown.length;
	if (more > 0)
		terminal.line(`  and ${more} more: '${inEnvironment("coffer members debt", environment)}' lists all`);
}

/** The names of the removed members that knew the value of each secret, in the order of their removal. */
function readersByName(debts: readonly RemovalDebt[]): Map<string, Set<string>> {
	const readers = new Map<string, Set<string>>();
	for (const { member, names } of debts)
		for (const name of names) readers.set(name, (readers.get(name) ?? new Set()).add(member));
	return readers;
}

/** `a`, `a and b`, `a, b and c`. */
function joined(members: Iterable<string> = []): string {
	const all = [...members];
	const last = all.pop() ?? "";
	return all.length === 0 ? last : `${all.join(", ")} and ${last}`;
}
