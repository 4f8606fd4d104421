/**
 * What every torture shares. A torture is `test/torture/NAME.torture.ts`, which exports `torture`: `npm run torture`
 * runs it in full, and `NAME.test.ts` beside it in short, together with each bug that it must catch.
 */
export interface TortureOptions {
	readonly rounds: number;
	/** The same seed asks for the same rounds. */
	readonly seed: number;
	/** The bug of `plants` to put into what is tortured; none by default. */
	readonly plant?: string;
}

export interface TortureReport {
	/** How many rounds were really run. */
	readonly rounds: number;
	/** What broke, each with what shows it again. Never a secret's value. */
	readonly failures: readonly string[];
	/** What happened how often, so that one sees what was reached. */
	readonly tally: Readonly<Record<string, number>>;
}

export interface Torture {
	readonly name: string;
	/** How many rounds are run by `npm test`, and how many by `npm run torture`. */
	readonly rounds: { readonly short: number; readonly long: number };
	/** Bugs that can be planted, each in a few words: a torture that lets one pass proves nothing. */
	readonly plants: readonly string[];
	run(options: TortureOptions): Promise<TortureReport>;
	/** What is found in each part of which rounds are made, alone; a line for each find, and one for the whole. */
	parts?(): Promise<readonly string[]>;
}
