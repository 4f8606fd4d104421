/**
 * What a reference's name stands for: one secret, or all whose names begin so (`STRIPE_*`). No secret's name holds a
 * star, so that the two cannot be taken for one another.
 */

const STAR = "*";

/** Whether a reference's name is that of a prefix. */
export function isPrefix(name: string): boolean {
	return name.endsWith(STAR);
}

/** The reference's name for all secrets that begin so. @param prefix what they begin with, not empty */
export function prefixPattern(prefix: string): string {
	return prefix + STAR;
}

/** Whether a reference reads a secret. @param reference the reference's name, with a star at its end where it is a prefix */
export function matches(reference: string, secret: string): boolean {
	return isPrefix(reference) ? secret.startsWith(reference.slice(0, -STAR.length)) : reference === secret;
}

/** References by name, asked for secrets. */
export class Matcher {
	readonly #names = new Set<string>();
	readonly #starts: string[] = [];

	constructor(references: Iterable<string>) {
		for (const name of references) {
			if (isPrefix(name)) this.#starts.push(name.slice(0, -STAR.length));
			else this.#names.add(name);
		}
	}

	/**
	 * How exactly any of the references names a secret: the length of the longest prefix, infinite where it is named in
	 * full; undefined where none of them reads it.
	 */
	exactness(secret: string): number | undefined {
		if (this.#names.has(secret)) return Number.POSITIVE_INFINITY;
		const lengths = this.#starts.filter((prefix) => secret.startsWith(prefix)).map(({ length }) => length);
		return lengths.length === 0 ? undefined : Math.max(...lengths);
	}
}
