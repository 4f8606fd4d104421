/** Models of concatenation. */
import { unify, unifyOfHolder } from "../../engine/context.ts";
import type { Solver } from "../../engine/solver.ts";
import { makeValue, type Shape, type Value, type ValueSet } from "../../engine/values.ts";
import { languageText } from "../../exceptions/language-errors.ts";
import { calculate } from "./arithmetic.ts";
import type { Convert } from "./conversions.ts";

/**
 * The longest string that is kept. Names have at most 128 characters; the texts that they are made from may be longer.
 */
export const TEXT_MAX = 512;

/**
 * Adds the result for every combination of a left and a right value whose contexts unify.
 * @param isOneHolder whether both are read from one object
 * @param convert makes primitive values of objects
 */
export function combine(
	solver: Solver,
	left: ValueSet,
	right: ValueSet,
	into: ValueSet,
	make: (left: Value, right: Value) => Shape,
	isOneHolder = false,
	convert?: Convert,
) {
	const each = (values: ValueSet, use: (value: Value) => void) =>
		solver.onValue(values, (value) =>
			convert !== undefined && value.kind === "object" ? convert(value, use) : use(value),
		);
	each(left, (a) =>
		each(right, (b) => {
			if (solver.isFull(into)) return;
			const context = (isOneHolder ? unifyOfHolder : unify)(a.context, b.context);
			if (context !== undefined) solver.add(into, makeValue(make(a, b), context, a.reportAt ?? b.reportAt));
		}),
	);
}

/**
 * `left + right`
 * @param isOneHolder whether both are read from one object
 * @param convert makes primitive values of objects
 */
export function concatenate(
	solver: Solver,
	left: ValueSet,
	right: ValueSet,
	into: ValueSet,
	isOneHolder = false,
	convert?: Convert,
) {
	const make = (a: Value, b: Value): Shape => {
		if (a.kind === "unknown") return a;
		if (b.kind === "unknown") return languageText(a) ?? withPrefix(a, b.why, b.prefix);
		const ofLanguage = languageText(a) ?? languageText(b);
		if (ofLanguage !== undefined) return ofLanguage;
		const [left, right] = [textOf(a), textOf(b)];
		// A text that contains the word "undefined" is not a plausible name of a secret.
		if (left === null || right === null) return { kind: "nothing" };
		if (left === undefined || right === undefined) return withPrefix(a, "a computed value");
		if (isNumber(a) && isNumber(b)) return calculate("+", a, b);
		const text = left + right;
		if (text.length > TEXT_MAX) {
			return {
				kind: "unknown",
				why: "a string of more than 512 characters",
				prefix: text.slice(0, TEXT_MAX),
			};
		}
		return { kind: "string", text, numeric: false };
	};
	combine(solver, left, right, into, make, isOneHolder, convert);
}

/** The text of a value within a string; null for `undefined` and `null`, undefined if it is unknown. */
function textOf(value: Value): string | null | undefined {
	if (value.kind === "string") return value.text;
	return value.kind === "nothing" ? (value.text ?? null) : undefined;
}

function isNumber(value: Value): boolean {
	return value.kind === "string" && value.numeric;
}

/** A value followed by an unknown part: it has the value as prefix. A number has none, since `+` may add to it. */
function withPrefix(before: Shape, why: string, rest = ""): Shape {
	const prefix = before.kind === "string" && !before.numeric ? before.text + rest : "";
	return { kind: "unknown", why, prefix: prefix === "" ? undefined : prefix.slice(0, TEXT_MAX) };
}
