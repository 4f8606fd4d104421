/** The debt of removals, for people. */
import type { RemovalDebt } from "../vault/debt.ts";
import { count } from "./render.ts";
import type { Terminal } from "./terminal.ts";

/** Names every value that is still to be set anew. Nothing where nothing is. */
export function renderDebt(debts: readonly RemovalDebt[], terminal: Terminal): void {
	for (const { member, names } of debts) {
		terminal.line(
			`To rotate: ${count(names.length, "value")} that ${member} could read (coffer secrets set NAME)`,
		);
		for (const name of names) terminal.line(`  ${name}`);
	}
}
