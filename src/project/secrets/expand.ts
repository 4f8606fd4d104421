/**
 * Expands references between secrets: `${OTHER}` in a value stands for the value of OTHER. `$${OTHER}` stands for the text
 * `${OTHER}`. Values in the vault are never expanded; commands do it on request. Pure.
 */
import { AppError, EXIT } from "../../errors.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";

const REFERENCE = /\$(\$?)\{([A-Za-z0-9_]{1,128})\}/g;

export interface Expanded {
	/** The expanded values of the wanted names, in their order. */
	readonly values: ReadonlyMap<string, string>;
	/** The names of all secrets whose values are part of these, without the wanted ones. */
	readonly used: ReadonlySet<string>;
}

function chainText(chain: readonly string[]): string {
	return chain.join(" → ");
}

function cycle(chain: readonly string[]): AppError {
	return new AppError({
		code: "REFERENCE_CYCLE",
		message: `The references between secrets form a circle: ${chainText(chain)}.`,
		hint: "Change one of these values, or leave --expand out.",
		exit: EXIT.usage,
		names: [...new Set(chain)],
	});
}

function missing(chain: readonly string[]): AppError {
	return new AppError({
		code: "REFERENCE_MISSING",
		message: `There is no secret ${chain.at(-1)}, to which ${chain.at(-2)} refers: ${chainText(chain)}.`,
		hint: `Set it, or write $\${${chain.at(-1)}} for the text itself.`,
		exit: EXIT.notFound,
		names: [...chain],
	});
}

function tooLarge(chain: readonly string[]): AppError {
	return new AppError({
		code: "REFERENCE_TOO_LARGE",
		message: `The expanded value of ${chain.at(-1)} has more than ${LIMITS.valueBytes} bytes (64 KiB).`,
		hint: "Refer to fewer or smaller secrets.",
		exit: EXIT.usage,
	});
}

/**
 * Expands the values of some secrets.
 * @param all every value that a reference may name
 * @param wanted names in `all`
 * @throws AppError `REFERENCE_CYCLE`, `REFERENCE_TOO_LARGE` (exit 2), `REFERENCE_MISSING` (exit 4); each names the chain of
 *   references, and none contains a value
 */
export function expandReferences(all: ReadonlyMap<string, string>, wanted: Iterable<string>): Expanded {
	const done = new Map<string, string>();
	const expand = (chain: readonly string[]): string => {
		const name = chain.at(-1) ?? "";
		const known = done.get(name);
		if (known !== undefined) return known;
		if (chain.indexOf(name) !== chain.length - 1) throw cycle(chain);
		const value = all.get(name);
		if (value === undefined) throw missing(chain);
		const text = value.replace(REFERENCE, (found, mark: string, other: string) =>
			mark === "" ? expand([...chain, other]) : found.slice(1),
		);
		if (Buffer.byteLength(text) > LIMITS.valueBytes) throw tooLarge(chain);
		done.set(name, text);
		return text;
	};
	const values = new Map([...wanted].map((name) => [name, expand([name])]));
	return { values, used: new Set([...done.keys()].filter((name) => !values.has(name))) };
}
