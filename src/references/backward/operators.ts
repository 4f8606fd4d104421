import { isFunction, type Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { Cell, NOTHING, text, unknown } from "../engine/values.ts";
import { concatenated } from "../models/strings.ts";

/** Pieces joined from left to right, each combination whose contexts agree. */
export function template(engine: Engine, node: Node, cell: Cell) {
	let joined = new Cell();
	engine.solver.add(joined, text(node.quasis[0].value.cooked ?? ""));
	for (const [index, expression] of (node.expressions as Node[]).entries()) {
		const next = new Cell();
		concatenated(engine.solver, joined, engine.evaluate(expression), next);
		joined = next;
		const piece = node.quasis[index + 1].value.cooked ?? "";
		if (piece === "") continue;
		const literalCell = new Cell();
		const with_ = new Cell();
		engine.solver.add(literalCell, text(piece));
		concatenated(engine.solver, joined, literalCell, with_);
		joined = with_;
	}
	engine.solver.feed(joined, cell);
}
const COMPARISONS = new Set(["==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"]);
export function binary(engine: Engine, node: Node, cell: Cell) {
	if (COMPARISONS.has(node.operator)) return engine.solver.add(cell, NOTHING);
	if (node.operator !== "+") return engine.solver.add(cell, unknown("a computed value"));
	concatenated(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), cell);
}
export function assignment(engine: Engine, node: Node, cell: Cell) {
	if (node.operator === "+=") {
		if (node.left.type === "Identifier") return appended(engine, node, cell);
		return concatenated(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), cell);
	}
	if (["=", "||=", "??=", "&&="].includes(node.operator))
		engine.solver.feed(engine.evaluate(node.right), cell);
	else engine.solver.add(cell, unknown("a computed value"));
	if (node.operator.length === 3) engine.solver.feed(engine.evaluate(node.left), cell);
}
/**
 * `text += more`: what the variable has from elsewhere with one piece added. Where pieces may be added
 * several times, in a loop or by several statements, the text is not known.
 */
function appended(engine: Engine, node: Node, cell: Cell) {
	const binding = engine.scopes.resolve(node.left);
	if (binding === undefined) return engine.solver.add(cell, unknown("a computed value"));
	const { writes } = engine.scopes.uses(binding);
	const others = writes.filter((write) => write !== node.left);
	const repeated = others.some((write) => write.parent?.operator === "+=") || isRepeated(node, binding.scope);
	if (repeated) return engine.solver.add(cell, unknown("a text put together in steps"));
	const before = new Cell();
	for (const place of [...binding.declarations, ...others]) engine.solver.feed(engine.target(place), before);
	concatenated(engine.solver, before, engine.evaluate(node.right), cell);
}
export function isRepeated(node: Node, scope: Node): boolean {
	for (let outer = node.parent; outer !== undefined && outer !== scope; outer = outer.parent) {
		if (isFunction(outer) || outer.type.startsWith("For") || outer.type.endsWith("WhileStatement"))
			return true;
	}
	return false;
}
export function unary(engine: Engine, node: Node, cell: Cell) {
	const nothing = node.operator === "!" || node.operator === "void" || node.operator === "delete";
	engine.solver.add(cell, nothing ? NOTHING : unknown("a computed value"));
}
