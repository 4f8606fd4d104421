/** What every part of the suite of hostile functions hands over. */

/** What came of a try. */
export interface Outcome {
	/** What was reached; undefined where nothing was. */
	readonly result?: string;
	readonly error?: string;
}

/** One try to get past a wall, with harmless input. */
export interface Probe {
	/** What it is aimed at: `files`, `environment`, `network` and so on. */
	readonly aim: string;
	/** The code, or what it does in words. */
	readonly name: string;
	/** Tries it where the wall is. */
	within(): Promise<Outcome>;
	/** Tries it where that wall alone is taken away. */
	without(): Promise<Outcome>;
	/** What a refusal says; anything unless told. */
	readonly refusal?: RegExp;
}

/** One wall, with everything that is tried against it. */
export interface Part {
	readonly wall: string;
	readonly probes: readonly Probe[];
	close(): Promise<void>;
}
