/**
 * How the records of a section stand. `sorted` is the format. A merge of texts can put them out of order, and one name in
 * twice, and says nothing of it: to repair that, they are read in `any` order, or with the `first` or the `last` of two
 * that have one name.
 */
import type { AppError } from "../../errors.ts";
import type { SealedRecord } from "../records/record.ts";
import { compareNames, malformed } from "../syntax/syntax.ts";

export type RecordOrder = "sorted" | "any" | "first" | "last";

const HINT = "A merge of the text without Coffer's driver does that: 'coffer vault resolve' puts it right.";

/** Sees each record of a section, one after the other. */
export class RecordOrderCheck {
	readonly #order: RecordOrder;
	/** How often each name stood, where names may repeat. */
	readonly #seen = new Map<string, number>();
	#before = "";

	constructor(order: RecordOrder) {
		this.#order = order;
	}

	/**
	 * Whether the next record is to be taken.
	 * @throws AppError `VAULT_NAME_DUPLICATE`, `VAULT_UNSORTED` (exit 7) where it may not stand here
	 */
	keeps({ name, line }: SealedRecord): boolean {
		if (this.#order === "sorted") {
			const before = this.#before;
			this.#before = name;
			if (compareNames(name, before) > 0) return true;
			throw name === before ? repeated(name, line) : unsorted(name, before, line);
		}
		const times = 1 + (this.#seen.get(name) ?? 0);
		this.#seen.set(name, times);
		const timesMax = this.#order === "first" || this.#order === "last" ? 2 : 1;
		if (times > timesMax) throw repeated(name, line);
		return times === 1 || this.#order === "last";
	}
}

function repeated(name: string, line: number): AppError {
	return malformed("VAULT_NAME_DUPLICATE", `${name} stands here once more.`, line, HINT);
}

function unsorted(name: string, before: string, line: number): AppError {
	const message = `${name} stands after ${before}; records are sorted by name.`;
	return malformed("VAULT_UNSORTED", message, line, HINT);
}
