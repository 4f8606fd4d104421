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
import {
	keyOfShape,
	type ObjectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import { concatenate } from "./concatenation.ts";
import { numberValue } from "./constants.ts";

const SEVERAL_STEPS = unknownValue("a string built in several steps");
/** The most steps that are followed. */
const STEPS_MAX = 64;

/** An expression, or a text between the expressions of a template. */
type Piece = Node | string;

/** A loop that appends pieces to a variable in each iteration, and the value before it. */
interface Growth {
	readonly initial: Node;
	/** What each iteration appends, one after the other. */
	readonly pieces: readonly Piece[];
	readonly loop: Node;
}

/** The only loop that builds a variable's text; undefined if there is none, or if other code changes the text too. */
function growthOf(engine: Engine, binding: Binding): Growth | undefined {
	const [declaration, ...others] = binding.declarations;
	const declarator = declaration?.parent;
	if (declarator?.type !== "VariableDeclarator" || others.length > 0 || !declarator.init) return undefined;
	const block = declarator.parent?.parent;
	// The bundler makes a `var` of a `let` outside of functions.
	if (declarator.parent?.kind !== "let" && block?.type !== "Program") return undefined;
	const [write, ...more] = engine.scopes.uses(binding).writes.filter((node) => node !== declaration);
	if (write === undefined || more.length > 0) return undefined;
	const pieces = piecesOf(engine, write, binding);
	const statement = write.parent?.parent;
	if (pieces === undefined || statement?.type !== "ExpressionStatement") return undefined;
	const body = statement.parent as Node;
	const loop = body.type === "BlockStatement" && body.body.length === 1 ? (body.parent as Node) : body;
	const isLoop = loop.type === "ForOfStatement" ? !loop.await : loop.type === "ForStatement";
	if (!isLoop || (loop.body !== body && loop.body !== statement)) return undefined;
	// In one block, the loop runs once for each variable.
	return loop.parent === block && loop.start >= declarator.end
		? { initial: declarator.init, pieces, loop }
		: undefined;
}

/** The pieces that `text += piece`, `text = text + one + other` or a template that begins with the text appends. */
function piecesOf(engine: Engine, write: Node, binding: Binding): Piece[] | undefined {
	const assignment = write.parent;
	if (assignment?.type !== "AssignmentExpression" || assignment.left !== write) return undefined;
	if (assignment.operator === "+=") return [assignment.right];
	if (assignment.operator !== "=") return undefined;
	const isText = (node: Node) => node.type === "Identifier" && engine.scopes.resolve(node) === binding;
	let { right: whole } = assignment;
	if (whole.type === "TemplateLiteral") return piecesOfTemplate(whole, isText);
	const pieces: Node[] = [];
	for (; whole.type === "BinaryExpression" && whole.operator === "+"; whole = whole.left)
		pieces.unshift(whole.right);
	return pieces.length > 0 && isText(whole) ? pieces : undefined;
}

/** The pieces of `${text}_${piece}`. The empty text at the beginning makes a text of a number. */
function piecesOfTemplate(
	{ quasis, expressions }: Node,
	isText: (node: Node) => boolean,
): Piece[] | undefined {
	const [begin = "", ...texts] = (quasis as Node[]).map(({ value }) => (value.cooked ?? "") as string);
	const [first, ...others] = expressions as Node[];
	if (first === undefined || begin !== "" || !isText(first)) return undefined;
	return ["", ...texts.flatMap((text, at) => [text, ...(others[at] ? [others[at]] : [])])];
}

/**
 * Adds the text that a loop built in a variable, if a node reads it after the loop.
 * @returns false if the rules for other variables apply
 */
export function addGrownText(engine: Engine, read: Node, binding: Binding, into: ValueSet): boolean {
	const growth = growthOf(engine, binding);
	if (growth === undefined || read.start < growth.loop.end) return false;
	if (!runsAfter(read, growth.loop)) return false;
	// If the pieces are unknown, the text begins with the value before the loop.
	const open = append(engine, engine.evaluate(growth.initial), engine.solver.singleton(SEVERAL_STEPS));
	const grow = growth.loop.type === "ForOfStatement" ? growOver : growByCount;
	grow(engine, growth, into, () => engine.solver.include(open, into));
	return true;
}

/**
 * Whether a read behind a loop surely runs after it: in the same function, or in one that is made behind the loop. A
 * declared function exists before.
 */
function runsAfter(read: Node, loop: Node): boolean {
	const around = enclosingFunction(loop);
	let outermost: Node | undefined;
	for (let fn = enclosingFunction(read); fn !== around; fn = enclosingFunction(fn)) {
		if (fn === undefined) return false;
		outermost = fn;
	}
	return outermost === undefined || (outermost.type !== "FunctionDeclaration" && outermost.start >= loop.end);
}

/** Appends the pieces of each element of a list. */
function growOver(engine: Engine, { initial, pieces, loop }: Growth, into: ValueSet, giveUp: () => void) {
	const { solver } = engine;
	const values = pieces.map((piece) => valuesOf(engine, piece));
	solver.onValue(engine.evaluate(loop.right), (list) => {
		const count = lengthOf(list);
		if (list.kind !== "object" || count === undefined) return giveUp();
		for (const changed of [list.object.resized, list.object.summary]) solver.onValue(changed, giveUp);
		let text = engine.evaluate(initial);
		for (let at = 0; at < count; at++)
			for (const [index, piece] of pieces.entries()) {
				const all = values[index] as ValueSet;
				const isSame = typeof piece === "string";
				text = append(engine, text, isSame ? all : piecesOfElement(engine, list, String(at), all, loop));
			}
		solver.include(text, into);
	});
}

function valuesOf(engine: Engine, piece: Piece): ValueSet {
	return typeof piece === "string" ? engine.solver.singleton(stringValue(piece)) : engine.evaluate(piece);
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
function growByCount(engine: Engine, { initial, pieces, loop }: Growth, into: ValueSet, giveUp: () => void) {
	const { solver } = engine;
	const counter = counterOf(loop);
	if (counter === undefined) return giveUp();
	solver.onValue(engine.evaluate(loop.test.right), (end) => {
		const count = end.kind === "string" && end.numeric ? Number(end.text) : Number.NaN;
		if (!(count <= STEPS_MAX)) return giveUp();
		let text = engine.evaluate(initial);
		for (let at = 0; at < count; at++)
			for (const piece of pieces) text = append(engine, text, pieceAt(engine, piece, counter, at));
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
function pieceAt(engine: Engine, piece: Piece, counter: string, at: number): ValueSet {
	const { solver } = engine;
	if (typeof piece === "string" || piece.type === "Literal") return valuesOf(engine, piece);
	if (piece.type === "Identifier" && piece.name === counter) return solver.singleton(numberValue(at));
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
