/** The `secrets` of a `function.jsonc`, which correct the result of the analysis of the function's code. Pure. */
import type { Jsonc } from "./jsonc.ts";
import { DECLARED_SECRETS_MAX } from "./limits.ts";

/** Each entry is the name of a secret, or a prefix and a star: `STRIPE_*` stands for all names that begin with it. */
export interface DeclaredSecrets {
	/** Secrets that the function gets in addition to those that its code reads. */
	readonly include?: readonly string[] | undefined;
	/** Secrets that the function does not get even if its code reads them; `*` for all that are not included. */
	readonly exclude?: readonly string[] | undefined;
}

const LISTS = ["include", "exclude"];
const FORM = '"secrets" must be {"include": [NAME, …], "exclude": [NAME, …]}, with one or both of the lists';
const NAME = /^[A-Za-z0-9_]{1,128}\*?$/;

/** Describes the fault of a value of `secrets`; undefined if it is valid. */
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
				return `"${list}" may contain names of letters, digits and underscores; a star at the end stands for all names with that prefix`;
			if (seen.has(name)) return `"${name}" is listed twice`;
			seen.add(name);
		}
	}
	return undefined;
}

/** Reads a valid value of `secrets`; undefined if both lists are empty. The lists are sorted, so that they can be compared. */
export function declaredSecrets(value: Jsonc | undefined): DeclaredSecrets | undefined {
	if (!(value instanceof Map)) return undefined;
	const listOf = (list: string) => (value.get(list) as readonly string[] | undefined) ?? [];
	const [include, exclude] = [listOf("include").toSorted(), listOf("exclude").toSorted()];
	if (include.length + exclude.length === 0) return undefined;
	return { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) };
}
