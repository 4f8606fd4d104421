/** The newest lines of several functions, in the order in which they were stored. Pure. */
import { LOG_LINES_MAX } from "../../../protocol/function-log.ts";
import { comparePositions } from "../../../protocol/log-position.ts";
import type { Kept, Timed } from "../../logs/function-logs.ts";

/** A line with the name of its function. Null for a line that belongs to no function. */
export interface NamedLine<Line> {
	readonly name: string | null;
	readonly line: Kept<Line>;
}

/** The most characters of all lines together: as many as the platform stores for a dozen functions. */
export const CHARACTERS_MAX = 16 * 1024 * 1024;

/** Collects lines. Its memory is bounded, whatever the number of functions. */
export class Newest<Line extends Timed> {
	readonly #limit: number;
	readonly #sizeOf: (line: Line) => number;
	#lines: NamedLine<Line>[] = [];
	/** The number of older lines that were left out. */
	left = 0;

	/** @param limit the most lines. The newest are kept. */
	constructor(limit: number, sizeOf: (line: Line) => number) {
		this.#limit = Math.min(limit, LOG_LINES_MAX);
		this.#sizeOf = sizeOf;
	}

	add(name: string | null, lines: readonly Kept<Line>[]): void {
		for (const line of lines) this.#lines.push({ name, line });
		if (this.#lines.length > 2 * this.#limit) this.#trim();
	}

	/** The newest lines, oldest first. */
	take(): readonly NamedLine<Line>[] {
		this.#trim();
		return this.#lines;
	}

	#trim(): void {
		const sorted = this.#lines.sort((one, other) => comparePositions(one.line, other.line));
		let begin = sorted.length;
		let characters = 0;
		while (begin > 0 && sorted.length - begin < this.#limit) {
			const next = sorted[begin - 1];
			characters += next === undefined ? 0 : this.#sizeOf(next.line);
			if (characters > CHARACTERS_MAX) break;
			begin--;
		}
		this.left += begin;
		this.#lines = sorted.slice(begin);
	}
}
