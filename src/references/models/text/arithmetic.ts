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

/** `left operator right`, where both are known numbers. */
export function calculate(operator: string, left: Value, right: Value): Shape {
	const operation = OPERATIONS[operator];
	if (operation === undefined || !isNumber(left) || !isNumber(right)) return unknownValue("a computed value");
	return numberValue(operation(Number(left.text), Number(right.text)));
}

/** `-value`, `+value` and `~value`. */
export function negate(operator: string, value: Value): Value {
	if (value.kind !== "string") return unknownValue("a computed value");
	const number = Number(value.text);
	if (operator === "-") return numberValue(-number);
	return operator === "+" ? numberValue(number) : numberValue(~number);
}

function isNumber(value: Value): value is Value & { readonly kind: "string" } {
	return value.kind === "string" && value.numeric;
}
