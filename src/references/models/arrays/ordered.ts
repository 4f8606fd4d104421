/**
 * Models of lists whose elements are known by position: the code writes them down, or a model makes them. What changes
 * such a list later puts elements at positions that are not known.
 */
import type { Node } from "../../bundle/syntax.ts";
import { callInto } from "../../engine/context.ts";
import { inIteration, iterationOf } from "../../engine/iteration-context.ts";
import { leaveIteration } from "../../engine/origins.ts";
import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { numberValue } from "../text/constants.ts";

/**
 * The most elements that a model of a callback distinguishes. Each may have several values, and the text of a list has as
 * many as there are combinations of them.
 */
const CALLED_MAX = 6;

/** The elements of a list, by position; undefined if their number is not known. */
export function elementsAt(call: BuiltinCall, list: ObjectValue, max: number): ValueSet[] | undefined {
	const { engine } = call;
	const { node, knownLength, isComplete } = list.object;
	const characters = charactersOf(node);
	if (characters !== undefined)
		return characters.length > max
			? undefined
			: characters.map((character) => engine.solver.singleton(stringValue(character)));
	const isWritten = node.type === "ArrayExpression" && (node.elements as (Node | null)[]).every(isElement);
	const isKnown = node.type !== "ArrayExpression" && isComplete;
	const length = isWritten ? (node.elements as Node[]).length : isKnown ? knownLength : undefined;
	if (length === undefined || length > max) return undefined;
	const isMade = list.object.properties.has(slotAt(0));
	return Array.from({ length }, (_, index) => {
		if (isWritten) return call.read(list, engine.evaluate(node.elements[index]));
		return call.read(list, engine.property(list.object, isMade ? slotAt(index) : String(index)));
	});
}

function isElement(element: Node | null): boolean {
	return element !== null && element.type !== "SpreadElement";
}

/** The characters of `[..."text"]` */
function charactersOf({ type, elements }: Node): string[] | undefined {
	const [spread] = type === "ArrayExpression" && elements.length === 1 ? (elements as (Node | null)[]) : [];
	const text = spread?.type === "SpreadElement" ? (spread.argument.value as unknown) : undefined;
	return typeof text === "string" ? [...text] : undefined;
}

/** Calls back once elements of a list may be at positions that are not known. */
export function onReordered({ engine }: BuiltinCall, { object }: ObjectValue, listener: () => void) {
	for (const changed of [object.summary, object.resized]) engine.solver.onValue(changed, listener);
}

/** What a list has at a position by itself. As of a private name, what is stored at any position is no part of it. */
const slotAt = (index: number) => `#at ${index}`;

/** A new list whose elements are known by position. */
function makeOrdered(call: BuiltinCall, tag: string, elements: readonly ValueSet[]): AbstractObject {
	const { engine } = call;
	const created = call.newArray(tag);
	created.knownLength = elements.length;
	created.isComplete = true;
	for (const [index, element] of elements.entries()) {
		engine.solver.include(element, engine.property(created, slotAt(index)));
		setProperty(engine, created, String(index), element);
	}
	return created;
}

/** Makes a list like any other: all its elements may be anywhere. */
function disorder(call: BuiltinCall, created: AbstractObject, elements: ValueSet) {
	call.engine.solver.include(elements, created.summary);
	call.engine.solver.add(created.resized, unknownValue("a computed value"));
}

/** Methods whose result depends on the order of the elements. */
const IN_ORDER = new Set(["join", "reduce", "reduceRight", "reverse", "toReversed", "map", "at"]);

/** Whether the elements of a result matter by position. To tell them apart costs steps. */
function isUsedInOrder({ parent }: Node): boolean {
	if (parent?.type === "VariableDeclarator") return parent.id.type === "ArrayPattern";
	if (parent?.type !== "MemberExpression") return false;
	return parent.computed || IN_ORDER.has(parent.property.name as string);
}

/**
 * `map` of such a list.
 * @param returned what the callback returns, in the context of the element
 * @returns whether the list is one
 */
export function mapOrdered(call: BuiltinCall, list: ObjectValue, returned: ValueSet): boolean {
	const elements = isUsedInOrder(call.site.node) ? elementsAt(call, list, CALLED_MAX) : undefined;
	if (elements === undefined) return false;
	const { engine } = call;
	const { id } = iterationOf(engine, call.site.node);
	const byIteration = new Map<number, ValueSet>();
	const resultsOf = (iteration: number) => {
		const known = byIteration.get(iteration) ?? new ValueSet();
		byIteration.set(iteration, known);
		return known;
	};
	const ofAll = new ValueSet();
	const all = new ValueSet();
	engine.solver.onValue(returned, (value) => {
		const iteration = callInto(value.context, id);
		const left = leaveIteration(value, id);
		engine.solver.add(all, left);
		engine.solver.add(iteration === undefined ? ofAll : resultsOf(iteration), left);
	});
	const mapped = elements.map((element) => {
		const into = new ValueSet();
		engine.solver.include(ofAll, into);
		engine.solver.onValue(element, (value) => {
			const iteration = callInto(inIteration(engine, value, call.site.node).context, id);
			if (iteration !== undefined) engine.solver.include(resultsOf(iteration), into);
		});
		return into;
	});
	const created = makeOrdered(call, `mapped ${list.object.id}`, mapped);
	onReordered(call, list, () => disorder(call, created, all));
	call.returnObject(created);
	return true;
}

/**
 * `reduce` of such a list: one call after the other.
 * @returns whether the list is one
 */
export function reduceOrdered(call: BuiltinCall, list: ObjectValue): boolean {
	const elements = elementsAt(call, list, CALLED_MAX);
	if (elements === undefined || call.site.spreadArguments !== undefined) return false;
	const { engine } = call;
	const hasInitial = call.site.arguments.length > 1;
	let accumulator = hasInitial ? call.argument(1) : elements[0];
	if (accumulator === undefined) return false;
	for (const [index, element] of elements.entries()) {
		if (index === 0 && !hasInitial) continue;
		const args = [
			accumulator,
			element,
			engine.solver.singleton(numberValue(index)),
			engine.solver.singleton(list),
		];
		const inner = engine.syntheticSite(call.site, `reduce ${index} ${call.tag}`, args);
		const returned = new ValueSet();
		engine.solver.onValue(call.argument(0), (fn) => engine.invoke(fn, inner, returned));
		accumulator = returned;
	}
	call.returnAll(accumulator);
	return true;
}

/** `toReversed` of such a list, and `reverse` of one that nothing else has. */
export function reverseOrdered(call: BuiltinCall, list: ObjectValue): boolean {
	const elements = elementsAt(call, list, CALLED_MAX);
	if (elements === undefined) return false;
	const { engine } = call;
	const created = makeOrdered(call, `reversed ${list.object.id}`, elements.reverse());
	const all = new ValueSet();
	for (const element of elements) engine.solver.include(element, all);
	onReordered(call, list, () => {
		engine.iterate(list, (value: Value) => engine.solver.add(all, value));
		disorder(call, created, all);
	});
	call.returnValue(objectValue(created, list.context));
	return true;
}

/** Whether a list is what the call right before made, so that no other code has it. */
export function isFresh({ site }: BuiltinCall, { object }: ObjectValue): boolean {
	const { callee } = site.node;
	return callee?.type === "MemberExpression" && callee.object === object.node && object.isComplete;
}
