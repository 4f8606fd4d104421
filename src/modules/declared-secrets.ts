/** What a `function.jsonc` says of the secrets that its function reads, beside what its code tells. Pure. */
import type { Jsonc } from "./jsonc.ts";
import { DECLARED_SECRETS_MAX } from "./limits.ts";

/** Each a secret's name, or `STRIPE_*` for all that begin so. */
export interface DeclaredSecrets {
	/** What it gets too. */
	readonly include?: readonly string[] | undefined;
	/** What it does not get, though its code may read it; `*` for all that is not included. */
	readonly exclude?: readonly string[] | undefined;
}

const LISTS = ["include", "exclude"];
const FORM = '"secrets" must be {"include": [NAME, …], "exclude": [NAME, …]}, or one of the two';
const NAME = /^[A-Za-z0-9_]{1,128}\*?$/;

/** Why a value of `secrets` cannot be, or undefined. */
export function secretsFault(value: Jsonc): string | undefined {
	if (!(value instanceof Map)) return FORM;
	if ([...value.keys()].some((key) => !LISTS.includes(key))) return FORM;
	const seen = new Set<string>();
	for (const [list, names] of value as ReadonlyMap<string, Jsonc>) {
		if (!Array.isArray(names)) return FORM;
		if (names.length > DECLARED_SECRETS_MAX) return `"${list}" has more than ${DECLARED_SECRETS_MAX} names`;
		for (const name of names) {
			if (typeof name !== "string") return FORM;
			const isAll = name === "*" && list === "exclude";
			if (!isAll && !NAME.test(name))
				return `"${list}" may hold names of letters, digits and underscores, with a star at the end for all that begin so`;
			if (seen.has(name)) return `"${name}" is there twice`;
			seen.add(name);
		}
	}
	return undefined;
}

/** What a value without a fault says; undefined where that is nothing. The lists are sorted, so that equal ones are the same. */
export function declaredSecrets(value: Jsonc | undefined): DeclaredSecrets | undefined {
	if (!(value instanceof Map)) return undefined;
	const listOf = (list: string) => (value.get(list) as readonly string[] | undefined) ?? [];
	const [include, exclude] = [listOf("include").toSorted(), listOf("exclude").toSorted()];
	if (include.length + exclude.length === 0) return undefined;
	return { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) };
}
