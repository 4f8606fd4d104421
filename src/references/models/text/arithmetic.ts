/** Models of arithmetic: the results of operators on known numbers. */
import { type Shape, unknownValue, type Value } from "../../engine/values.ts";
import { numberValue } from "./constants.ts";

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
	"-": (a, b) => a - b,
	"*": (a, b) => a * b,
	"/": (a, b) => a / b,
	"%": (a, b) => a % b,
	"**": (a, b) => a ** b,
	"|": (a, b) => a | b,
	"&": (a, b) => a & b,
	"^": (a, b) => a ^ b,
	"<<": (a, b) => a << b,
	">>": (a, b) => a >> b,
	">>>": (a, b) => a >>> b,
};

/**
 * The same for BigInts, which the analysis does not distinguish from numbers. Operators that throw for BigInts are
 * missing.
 */
const BIGINT_OPERATIONS: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
	"+": (a, b) => a + b,
	"-": (a, b) => a - b,
	"*": (a, b) => a * b,
	"/": (a, b) => a / b,
	"%": (a, b) => a % b,
	"**": (a, b) => a ** b,
	"|": (a, b) => a | b,
	"&": (a, b) => a & b,
	"^": (a, b) => a ^ b,
	"<<": (a, b) => a << b,
	">>": (a, b) => a >> b,
};

/** Larger exponents and shifts are not computed: their results would be too long. */
const EXPONENT_MAX = 1_024n;

/** The result for BigInts; undefined if they would throw, and null if it is not computed. */
function bigintResult(operator: string, left: string, right: string): string | null | undefined {
	const operation = BIGINT_OPERATIONS[operator];
	const isInteger = /^-?\d+$/;
	if (operation === undefined || !isInteger.test(left) || !isInteger.test(right)) return undefined;
	const [a, b] = [BigInt(left), BigInt(right)];
	const isPower = operator === "**" || operator === "<<" || operator === ">>";
	if (isPower && (b > EXPONENT_MAX || b < -EXPONENT_MAX)) return null;
	try {
		return String(operation(a, b));
	} catch {
		return undefined;
	}
}

/**
 * `left operator right`, for known numbers or BigInts. If the two kinds have different results, the result is unknown.
 */
export function calculate(operator: string, left: Value, right: Value): Shape {
	const operation = operator === "+" ? (a: number, b: number) => a + b : OPERATIONS[operator];
	if (operation === undefined || !isNumber(left) || !isNumber(right)) return unknownValue("a computed value");
	const result = operation(Number(left.text), Number(right.text));
	const asBigint = bigintResult(operator, left.text, right.text);
	if (asBigint !== undefined && asBigint !== String(result)) return unknownValue("a computed value");
	return numberValue(result);
}

/** Whether a number is written as JavaScript prints it. A large BigInt is not. */
export function isExact(text: string): boolean {
	return String(Number(text)) === text;
}

/** `-value`, `+value` and `~value`. */
export function negate(operator: string, value: Value): Value {
	if (value.kind !== "string" || (value.numeric && !isExact(value.text)))
		return unknownValue("a computed value");
	const number = Number(value.text);
	if (operator === "-") return numberValue(-number);
	if (operator === "+") return numberValue(number);
	const result = ~number;
	return value.numeric && result !== -number - 1 ? unknownValue("a computed value") : numberValue(result);
}

function isNumber(value: Value): value is Value & { readonly kind: "string" } {
	return value.kind === "string" && value.numeric;
}
