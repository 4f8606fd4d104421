/** What `coffer doctor` reports: one sentence for each check, and the command that mends a fault. */

/** `warning`: something does not work, or is not safe, and commands work without it. `failure`: commands fail. */
export type State = "ok" | "warning" | "failure";

export interface Check {
	/** What was checked, as a stable word for programs. */
	readonly check: string;
	readonly state: State;
	/** What is right or wrong, as a sentence. */
	readonly text: string;
	/** A shell command that mends it; null if nothing is wrong, or if no single command can mend it. */
	readonly remedy: string | null;
	/** What `--fix` did, as a clause. */
	readonly fixed?: string;
}

/** A check whose fault `--fix` can mend without a risk of losing something. */
export interface Fixable extends Check {
	/** Mends the fault. @returns what was done, as a clause */
	readonly fix?: () => Promise<string>;
}

export function ok(check: string, text: string): Fixable {
	return { check, state: "ok", text, remedy: null };
}

export function warning(check: string, text: string, remedy: string | null, fix?: Fixable["fix"]): Fixable {
	return { check, state: "warning", text, remedy, ...(fix && { fix }) };
}

export function failure(check: string, text: string, remedy: string | null, fix?: Fixable["fix"]): Fixable {
	return { check, state: "failure", text, remedy, ...(fix && { fix }) };
}
