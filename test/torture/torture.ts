/**
 * The types that all tortures share. A torture is a file `test/torture/FOLDER/NAME.torture.ts` that exports
 * `torture`. `npm run torture` runs it in full. `NAME.test.ts` beside it runs its short form, and checks that
 * it finds planted bugs.
 */
export interface TortureOptions {
	readonly rounds: number;
	/** The same seed gives the same rounds. */
	readonly seed: number;
	/** The bug of `plants` to plant in the tested code; none by default. */
	readonly plant?: string;
}

export interface TortureReport {
	/** The number of rounds that really ran. */
	readonly rounds: number;
	/** The failures, each with the information to reproduce it. Never contains a secret's value. */
	readonly failures: readonly string[];
	/** The number of times that each event happened, to show what the torture has covered. */
	readonly tally: Readonly<Record<string, number>>;
}

export interface Torture {
	readonly name: string;
	/** How many rounds are run by `npm test`, and how many by `npm run torture`. */
	readonly rounds: { readonly short: number; readonly long: number };
	/** Bugs that can be planted, each with a short description. The torture must find each of them. */
	readonly plants: readonly string[];
	run(options: TortureOptions): Promise<TortureReport>;
	/**
	 * The results for each part from which rounds are made, alone: a line for each finding, and a summary
	 * line.
	 */
	parts?(): Promise<readonly string[]>;
}
