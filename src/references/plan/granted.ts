/**
 * Decides which secrets a function gets: those that its code reads and those that are declared, without those that are
 * excluded. If a name is both declared and excluded, the more exact of the two decides.
 */
import { Matcher } from "../evidence/name-pattern.ts";
import type { Reads } from "../evidence/reference.ts";

export class Granted {
	readonly #isDynamic: boolean;
	readonly #read: Matcher;
	readonly #included: Matcher;
	readonly #excluded: Matcher;

	constructor({ references, dynamic, excluded = [] }: Reads) {
		const namesOf = (isDeclared: boolean) =>
			references.filter(({ how }) => (how === "declared") === isDeclared).map(({ name }) => name);
		this.#isDynamic = dynamic.length > 0;
		this.#read = new Matcher(namesOf(false));
		this.#included = new Matcher(namesOf(true));
		this.#excluded = new Matcher(excluded);
	}

	/** Whether the function gets a secret. */
	has(secret: string): boolean {
		const [included, excluded] = [this.#included.exactness(secret), this.#excluded.exactness(secret)];
		if (included !== undefined && included >= (excluded ?? 0)) return true;
		return excluded === undefined && (this.#isDynamic || this.#read.exactness(secret) !== undefined);
	}
}
