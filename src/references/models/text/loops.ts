/**
 * Models of texts that a loop concatenates: `let t = ""; for (const x of ["A", "B"]) t += x;`. The loop does nothing
 * else, runs once, and runs over a list that the code spells out. Any other growing text is unknown.
 */
import type { Binding } from "../../bundle/names.ts";
import { enclosingFunction, type Node } from "../../bundle/syntax.ts";
import { NO_CONTEXT, unify, withCall } from "../../engine/context.ts";
import type { Engine } from "../../engine/engine.ts";
import { iterationOf } from "../../engine/iteration-context.ts";
import { leaveIteration, readFrom } from "../../engine/origins.ts";
import { keyOfShape, type ObjectValue, unknownValue, type Value, ValueSet } from "../../engine/values.ts";
import { concatenate } from "./concatenation.ts";

const SEVERAL_STEPS = unknownValue("a string built in several steps");
/** The most steps that are followed. */
const STEPS_MAX = 64;

/** A loop that appends a piece to a variable in each iteration, and the value before it. */
interface Growth {
	readonly initial: Node;
	readonly piece: Node;
	readonly loop: Node;
}

/** The only loop that builds a variable's text; undefined if there is none, or if other code changes the text too. */
function growthOf(engine: Engine, binding: Binding): Growth | undefined {
	const [declaration, ...others] = binding.declarations;
	const declarator = declaration?.parent;
	if (declarator?.type !== "VariableDeclarator" || others.length > 0 || !declarator.init) return undefined;
	if (declarator.parent?.kind !== "let") return undefined;
	const [write, ...more] = engine.scopes.uses(binding).writes.filter((node) => node !== declaration);
	if (write === undefined || more.length > 0) return undefined;
	const piece = pieceOf(engine, write, binding);
	const statement = write.parent?.parent;
	if (piece === undefined || statement?.type !== "ExpressionStatement") return undefined;
	const body = statement.parent as Node;
	const loop = body.type === "BlockStatement" && body.body.length === 1 ? (body.parent as Node) : body;
	const isLoop = loop.type === "ForOfStatement" ? !loop.await : loop.type === "ForStatement";
	if (!isLoop || (loop.body !== body && loop.body !== statement)) return undefined;
	// In one block, the loop runs once for each variable.
	return loop.parent === declarator.parent?.parent ? { initial: declarator.init, piece, loop } : undefined;
}

/** The piece that `text += piece` or `text = text + piece` appends. */
function pieceOf(engine: Engine, write: Node, binding: Binding): Node | undefined {
	const assignment = write.parent;
	if (assignment?.type !== "AssignmentExpression" || assignment.left !== write) return undefined;
	if (assignment.operator === "+=") return assignment.right;
	const { right } = assignment;
	const isSum = assignment.operator === "=" && right.type === "BinaryExpression" && right.operator === "+";
	if (!isSum || right.left.type !== "Identifier") return undefined;
	return engine.scopes.resolve(right.left) === binding ? right.right : undefined;
}

/**
 * Adds the text that a loop built in a variable, if a node reads it after the loop.
 * @returns false if the rules for other variables apply
 */
export function addGrownText(engine: Engine, read: Node, binding: Binding, into: ValueSet): boolean {
	const growth = growthOf(engine, binding);
	if (growth === undefined || read.start < growth.loop.end) return false;
	if (enclosingFunction(read) !== enclosingFunction(growth.loop)) return false;
	// If the pieces are unknown, the text begins with the value before the loop.
	const open = append(engine, engine.evaluate(growth.initial), engine.solver.singleton(SEVERAL_STEPS));
	const grow = growth.loop.type === "ForOfStatement" ? growOver : growByCount;
	grow(engine, growth, into, () => engine.solver.include(open, into));
	return true;
}

/** Appends the piece of each element of a list. */
function growOver(engine: Engine, { initial, piece, loop }: Growth, into: ValueSet, giveUp: () => void) {
	const { solver } = engine;
	const pieces = engine.evaluate(piece);
	solver.onValue(engine.evaluate(loop.right), (list) => {
		const count = lengthOf(list);
		if (list.kind !== "object" || count === undefined) return giveUp();
		for (const changed of [list.object.resized, list.object.summary]) solver.onValue(changed, giveUp);
		let text = engine.evaluate(initial);
		for (let at = 0; at < count; at++)
			text = append(engine, text, piecesOfElement(engine, list, String(at), pieces, loop));
		solver.include(text, into);
	});
}

/** The number of elements of a list that the code spells out. */
function lengthOf(list: Value): number | undefined {
	if (list.kind !== "object" || list.object.kind !== "array" || list.object.node.type !== "ArrayExpression")
		return undefined;
	const elements = list.object.node.elements as (Node | null)[];
	const isWritten = elements.every((element) => element !== null && element.type !== "SpreadElement");
	return isWritten && elements.length <= STEPS_MAX ? elements.length : undefined;
}

/** The values that the piece has in the iteration of one element. */
function piecesOfElement(
	engine: Engine,
	list: ObjectValue,
	key: string,
	pieces: ValueSet,
	loop: Node,
): ValueSet {
	const { solver } = engine;
	const scope = iterationOf(engine, loop);
	const found = new ValueSet();
	solver.onValue(engine.property(list.object, key), (stored) => {
		const element = readFrom(list, stored);
		if (element === undefined) return;
		const iteration = withCall(NO_CONTEXT, scope, engine.objects.idOf(keyOfShape(element)));
		solver.onValue(pieces, (value) => {
			if (unify(value.context, iteration) !== undefined) solver.add(found, leaveIteration(value, scope.id));
		});
	});
	return found;
}

/** Appends the piece as often as `for (let i = 0; i < count; i++)` runs. */
function growByCount(engine: Engine, { initial, piece, loop }: Growth, into: ValueSet, giveUp: () => void) {
	const { solver } = engine;
	const counter = counterOf(loop);
	if (counter === undefined) return giveUp();
	solver.onValue(engine.evaluate(loop.test.right), (end) => {
		const count = end.kind === "string" && end.numeric ? Number(end.text) : Number.NaN;
		if (!(count <= STEPS_MAX)) return giveUp();
		let text = engine.evaluate(initial);
		for (let at = 0; at < count; at++) text = append(engine, text, pieceAt(engine, piece, counter, at));
		solver.include(text, into);
	});
}

/** The name of the counter of a loop that counts up from zero by one. */
function counterOf({ init, test, update }: Node): string | undefined {
	const [declarator, ...others] = init?.type === "VariableDeclaration" ? init.declarations : [];
	const name = declarator?.id.name as string | undefined;
	const isFromZero = others.length === 0 && declarator?.init?.value === 0;
	const isUpTo = test?.type === "BinaryExpression" && test.operator === "<" && test.left.name === name;
	const isByOne =
		update?.type === "UpdateExpression" && update.operator === "++" && update.argument.name === name;
	return isFromZero && isUpTo && isByOne ? name : undefined;
}

/** The piece of one iteration: a literal text, or the element under the counter. */
function pieceAt(engine: Engine, piece: Node, counter: string, at: number): ValueSet {
	const { solver } = engine;
	if (piece.type === "Literal") return engine.evaluate(piece);
	const isElement = piece.type === "MemberExpression" && piece.computed && piece.property.name === counter;
	if (!isElement) return solver.singleton(SEVERAL_STEPS);
	const found = new ValueSet();
	solver.onValue(engine.evaluate(piece.object), (list) =>
		engine.readProperty(list, String(at), (element) => solver.add(found, element)),
	);
	return found;
}

function append({ solver }: Engine, text: ValueSet, piece: ValueSet): ValueSet {
	const next = new ValueSet();
	concatenate(solver, text, piece, next);
	return next;
}
