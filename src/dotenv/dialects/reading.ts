/** What a reader of `.env` files makes of a file. */

/** One variable, as a reader has it in the end. */
export interface ReadValue {
	readonly value: string;
	/** 1-based line of its name. */
	readonly line: number;
	/** Names that the value takes from the environment of the process, so that it is not known here. */
	readonly needs: readonly string[];
	/** Whether the reader runs a program to get the value, so that it is not known here. */
	readonly runs: boolean;
	/** Whether the reader expands nothing in it. */
	readonly isLiteral?: boolean;
}

/** The line at which a reader refuses the whole file. */
export interface Refusal {
	/** 1-based. */
	readonly line: number;
}

export interface Reading {
	/** In the order in which the reader meets the names. Empty if the file is refused. */
	readonly values: ReadonlyMap<string, ReadValue>;
	readonly refusal: Refusal | undefined;
	/** Lines that the reader runs as a program, sorted. */
	readonly runs: readonly number[];
}

/** A reader: a library, a program or a shell, in one version. */
export interface Dialect {
	/** The word that `--dialect` takes. */
	readonly name: string;
	/** How people call the reader. */
	readonly title: string;
	/** The version whose answers the rules are held against. */
	readonly version: string;
	/** How the tests hold them: the reader runs in the tests, or its answers are recorded. */
	readonly held: "live" | "recorded";
	read(source: string): Reading;
}

/** Collects values while a reader's rules are applied. */
export class Collector {
	readonly #values = new Map<string, ReadValue>();
	readonly #runs = new Set<number>();
	readonly #keepsFirst: boolean;

	/** @param duplicates which of two values of one name counts */
	constructor(duplicates: "first" | "last" = "last") {
		this.#keepsFirst = duplicates === "first";
	}

	get(name: string): ReadValue | undefined {
		return this.#values.get(name);
	}

	add(name: string, value: Partial<ReadValue> & Pick<ReadValue, "value" | "line">): void {
		if (this.#keepsFirst && this.#values.has(name)) return;
		this.#values.set(name, { needs: [], runs: false, ...value });
	}

	/** Takes back a value. */
	remove(name: string): void {
		this.#values.delete(name);
	}

	runsAt(line: number): void {
		this.#runs.add(line);
	}

	done(): Reading {
		return {
			values: this.#values,
			refusal: undefined,
			runs: [...this.#runs].sort((one, other) => one - other),
		};
	}

	refused(line: number): Reading {
		return { values: new Map(), refusal: { line }, runs: [] };
	}
}

/** Counts lines up to offsets that only grow. */
export class LineCounter {
	readonly #text: string;
	#offset = 0;
	#line = 1;

	constructor(text: string) {
		this.#text = text;
	}

	/** The 1-based line of an offset, which is not smaller than the last one. */
	at(offset: number): number {
		for (; this.#offset < offset; this.#offset++) {
			const character = this.#text.charAt(this.#offset);
			if (character === "\n" || (character === "\r" && this.#text.charAt(this.#offset + 1) !== "\n"))
				this.#line++;
		}
		return this.#line;
	}
}
