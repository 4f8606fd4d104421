/** The types that the parts of the suite of hostile functions share. */

/** The result of an attempt. */
export interface Outcome {
	/** The reached thing; undefined if the attempt failed. */
	readonly result?: string;
	readonly error?: string;
}

/** One attempt to break through a wall, with harmless input. */
export interface Probe {
	/** The kind of target: `files`, `environment`, `network` and so on. */
	readonly aim: string;
	/** The code, or a description of it. */
	readonly name: string;
	/** Runs it with the wall in place. */
	within(): Promise<Outcome>;
	/** Runs it with only that wall removed. */
	without(): Promise<Outcome>;
	/** The text of a refusal; by default, any text. */
	readonly refusal?: RegExp;
}

/** One wall, with all probes against it. */
export interface Part {
	readonly wall: string;
	readonly probes: readonly Probe[];
	close(): Promise<void>;
}
