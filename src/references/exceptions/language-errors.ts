/** Errors that the language throws, as abstract objects. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type AbstractObject, objectValue, unknownValue, type Value } from "../engine/values.ts";

export const LANGUAGE_ERROR = "error of the language";
/** An error with which the language rejects a promise. */
export const REJECTION_ERROR = "error of a promise";

/** A message that the language writes. */
export const LANGUAGE_TEXT = "text of the language";

/**
 * Whether an object is an error of the language, or its message. Such a message has several words, so neither is the
 * name of a variable.
 */
export function isOfLanguage({ builtinClass }: AbstractObject): boolean {
	return (
		builtinClass === LANGUAGE_ERROR || builtinClass === REJECTION_ERROR || builtinClass === LANGUAGE_TEXT
	);
}

/** The property of an abstract error that holds its text, or its message. */
const TEXT = "@@text";

/** A text that holds an error of the language or its message; undefined for any other value. */
export function languageText(value: Value): Value | undefined {
	if (value.kind !== "object" || !isOfLanguage(value.object)) return undefined;
	if (value.object.builtinClass === LANGUAGE_TEXT) return value;
	const [text] = value.object.properties.get(TEXT)?.list ?? [];
	return text;
}

/** The error of the language that arrives at a node. */
export function languageError(engine: Engine, node: Node, isRejection: boolean): Value {
	// The code may replace what makes a text of an error.
	const { replaced } = engine;
	if (replaced.has("toString") || replaced.has("*")) return unknownValue("an exception");
	const builtinClass = isRejection ? REJECTION_ERROR : LANGUAGE_ERROR;
	const error = engine.objects.allocate(node, builtinClass, "plain");
	error.builtinClass = builtinClass;
	error.populated = true;
	// No expression creates it. Each expression that has it is followed by itself.
	error.tracked = true;
	const text = engine.objects.allocate(node, LANGUAGE_TEXT, "plain");
	text.builtinClass = LANGUAGE_TEXT;
	text.tracked = true;
	engine.solver.add(engine.property(error, TEXT), objectValue(text));
	return objectValue(error);
}
