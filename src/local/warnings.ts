/** What an analysis went on without, each once. */

/** A place and what is the matter there, as one sentence. */
export interface Warning {
	/** Path from the root. */
	readonly file: string;
	/** 1-based. */
	readonly line: number;
	readonly message: string;
}

export class Warnings {
	readonly #all = new Map<string, Warning>();

	add(warning: Warning): void {
		this.#all.set(`${warning.file}\0${warning.message}`, warning);
	}

	/** Sorted by file and line. */
	list(): Warning[] {
		return [...this.#all.values()].sort((a, b) =>
			a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
		);
	}
}
