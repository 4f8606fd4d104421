/**
 * The order of the records in a section. The format requires `sorted`. A merge that treats the file as plain text can
 * break the order, or insert a name twice, without a conflict. To repair such a file, the parser accepts `any` order,
 * or two records of one name, of which it takes the `first` or the `last`.
 */
import type { AppError } from "../../errors.ts";
import type { SealedRecord } from "../records/record.ts";
import { compareNames, malformed } from "../syntax/syntax.ts";

export type RecordOrder = "sorted" | "any" | "first" | "last";

const HINT =
	"A merge without Coffer's merge driver can cause this. Run 'coffer vault resolve' to repair the file.";

/** Checks the records of one section, in the order of the file. */
export class RecordOrderCheck {
	readonly #order: RecordOrder;
	/** The number of occurrences of each name. Used for every order except `sorted`. */
	readonly #seen = new Map<string, number>();
	#before = "";

	constructor(order: RecordOrder) {
		this.#order = order;
	}

	/**
	 * Checks the next record and returns whether the reader keeps it.
	 * @throws AppError `VAULT_NAME_DUPLICATE`, `VAULT_UNSORTED` (exit 7) if it must not follow the records before it
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
	return malformed("VAULT_NAME_DUPLICATE", `there is a second record of ${name}.`, line, HINT);
}

function unsorted(name: string, before: string, line: number): AppError {
	const message = `${name} comes after ${before}, but records are sorted by name.`;
	return malformed("VAULT_UNSORTED", message, line, HINT);
}
