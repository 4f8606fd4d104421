/**
 * The names of references: `STRIPE_KEY` names one secret, and the prefix pattern `STRIPE_*` names all secrets
 * that begin with `STRIPE_`. No secret's name contains a star, so the two cannot be confused.
 */

const STAR = "*";

/** Whether a reference's name is a prefix pattern. */
export function isPrefix(name: string): boolean {
	return name.endsWith(STAR);
}

/**
 * @param prefix not empty
 * @returns the pattern of all names that begin with it
 */
export function prefixPattern(prefix: string): string {
	return prefix + STAR;
}

/**
 * Whether a reference reads a secret.
 * @param reference a name or a prefix pattern
 */
export function matches(reference: string, secret: string): boolean {
	return isPrefix(reference) ? secret.startsWith(reference.slice(0, -STAR.length)) : reference === secret;
}

/** A set of references that is matched against secrets. */
export class Matcher {
	readonly #names = new Set<string>();
	readonly #starts: string[] = [];

	/** @param references names and prefix patterns */
	constructor(references: Iterable<string>) {
		for (const name of references) {
			if (isPrefix(name)) this.#starts.push(name.slice(0, -STAR.length));
			else this.#names.add(name);
		}
	}

	/**
	 * How exactly the references name a secret.
	 * @returns infinity for its full name, else the length of the longest matching prefix; undefined where
	 * none matches
	 */
	exactness(secret: string): number | undefined {
		if (this.#names.has(secret)) return Number.POSITIVE_INFINITY;
		const lengths = this.#starts.filter((prefix) => secret.startsWith(prefix)).map(({ length }) => length);
		return lengths.length === 0 ? undefined : Math.max(...lengths);
	}
}
