/** The model of `String.raw`. */
import type { Node } from "../../bundle/syntax.ts";
import { stringValue, ValueSet } from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { concatenate } from "./concatenation.ts";

/** A template whose escapes are kept unchanged. */
export function joinRaw(call: BuiltinCall) {
	const { engine, site } = call;
	if (site.node.type !== "TaggedTemplateExpression") return call.giveUp("a computed value");
	const { quasis, expressions } = site.node.quasi as { quasis: Node[]; expressions: Node[] };
	let joined = new ValueSet();
	for (const [index, piece] of quasis.entries()) {
		const text = engine.solver.singleton(stringValue(piece.value.raw));
		const expression = expressions[index];
		const parts = expression === undefined ? [text] : [text, engine.evaluate(expression)];
		for (const part of parts) {
			if (index === 0 && part === text) {
				joined = text;
				continue;
			}
			const next = new ValueSet();
			concatenate(engine.solver, joined, part, next);
			joined = next;
		}
	}
	call.returnAll(joined);
}
