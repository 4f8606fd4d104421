/**
 * Decorators: functions that the language calls with a class or a member of one, and that may
 * replace it.
 */
import { isClass, type Node, staticKey } from "../../bundle/syntax.ts";
import type { Engine } from "../../engine/engine.ts";
import { keep } from "../../engine/origins.ts";
import {
	type AbstractObject,
	BOOLEANS,
	type CallSite,
	NOTHING,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import { DECORATOR_CONTEXT } from "../classes/decorator-contexts.ts";

/** What is decorated: a class or a member of one. */
function decoratorsOf(element: Node): readonly Node[] {
	return (element.decorators as Node[] | undefined) ?? [];
}

/** Whether decorators may change a class or member. */
export function isDecorated(element: Node): boolean {
	return decoratorsOf(element).length > 0;
}

/** Calls a decorator. @returns what it returns, always in the same set */
export function callDecorator(engine: Engine, decorator: Node): ValueSet {
	const { decorated } = engine.remembered;
	const known = decorated.get(decorator);
	if (known !== undefined) return known;
	const returned = new ValueSet();
	decorated.set(decorator, returned);
	const element = decorator.parent as Node;
	const all = decoratorsOf(element);
	const given = new ValueSet();
	if (isClass(element)) engine.solver.add(given, objectValue(engine.objects.atNode(element)));
	else includeDecoratedValue(engine, element, given);
	// The last decorator is called first.
	for (const inner of all.slice(all.indexOf(decorator) + 1))
		engine.solver.include(callDecorator(engine, inner), given);
	const args = [given, engine.solver.singleton(objectValue(contextOf(engine, decorator)))];
	const site = engine.impliedSite(decorator, "decorate", args, new ValueSet());
	engine.solver.onValue(engine.evaluate(decorator.expression), (callee) => {
		invokeOrEscape(engine, callee, site, returned);
	});
	// Any assignment may call a setter.
	engine.solver.onValue(returned, (made) => {
		if (element.kind === "set") engine.escape(made, decorator, "a setter");
		if (element.isAccessor)
			engine.readProperty(made, "set", (setter) => engine.escape(setter, decorator, "a setter"));
	});
	return returned;
}

/** Calls a function of the code. Anything else is other code, which gets the arguments. */
function invokeOrEscape(engine: Engine, callee: Value, site: CallSite, returned: ValueSet) {
	engine.invoke(callee, site, returned);
	if (callee.kind === "object" && callee.object.kind === "function") return;
	for (const argument of site.arguments)
		if (argument instanceof ValueSet)
			engine.solver.onValue(argument, (value) => engine.escape(value, site.node, "given to a decorator"));
}

/** The first argument of a decorator of a member. */
function includeDecoratedValue(engine: Engine, { type, value, isAccessor }: Node, into: ValueSet) {
	if (isAccessor) return engine.solver.add(into, unknownValue("a pair of accessors"));
	if (type === "PropertyDefinition" || !value) return engine.solver.add(into, NOTHING);
	engine.solver.include(engine.evaluate(value), into);
}

/** The second argument of a decorator. */
function contextOf(engine: Engine, decorator: Node): AbstractObject {
	const context = engine.objects.allocate(decorator, "context", "plain");
	if (context.populated) return context;
	context.populated = true;
	context.builtinClass = DECORATOR_CONTEXT;
	const { solver } = engine;
	const element = decorator.parent as Node;
	const name = engine.property(context, "name");
	if (isClass(element)) solver.add(name, element.id ? stringValue(element.id.name) : unknownValue(NAME));
	else {
		const key = staticKey(element.key, element.computed);
		if (key === undefined) solver.include(engine.evaluate(element.key), name);
		else solver.add(name, key.startsWith("@@") ? unknownValue(NAME) : stringValue(key));
	}
	for (const text of ["class", "method", "getter", "setter", "field", "accessor"])
		solver.add(engine.property(context, "kind"), stringValue(text));
	for (const key of ["static", "private"])
		for (const value of BOOLEANS) solver.add(engine.property(context, key), value);
	solver.include(thisOfElement(engine, element), engine.property(context, "@@this"));
	return context;
}

const NAME = "the name of a class or member";

/** The values of `this` where what a decorator adds runs: the class, or its instances. */
function thisOfElement(engine: Engine, element: Node): ValueSet {
	const node = isClass(element) ? element : (element.parent?.parent as Node);
	const owner = engine.objects.atNode(node);
	if (isClass(element) || element.static) return engine.solver.singleton(objectValue(owner));
	const instances = new ValueSet();
	engine.track(owner);
	engine.solver.add(instances, objectValue(engine.objects.externalInstance(owner)));
	engine.solver.onValue(owner.instances, (instance) => engine.solver.add(instances, keep(instance)));
	return instances;
}

/** Includes what decorators put in the place of a class or a method. */
export function includeReplacements(engine: Engine, element: Node, into: ValueSet) {
	for (const decorator of decoratorsOf(element))
		engine.solver.onValue(callDecorator(engine, decorator), (value) => {
			if (value.kind !== "nothing") engine.solver.add(into, keep(value));
		});
}

/**
 * Includes what reads of a decorated member give: of a method, the functions in its place; of a getter, what they
 * return; of a field or `accessor`, what decorators make of its first value.
 */
export function includeDecorated(engine: Engine, member: Node, into: ValueSet) {
	const { solver } = engine;
	if (member.kind === "method") {
		solver.include(engine.evaluate(member.value), into);
		return includeReplacements(engine, member, into);
	}
	if (member.kind === "get") {
		solver.include(engine.returned(member.value), into);
		for (const decorator of decoratorsOf(member))
			solver.onValue(callDecorator(engine, decorator), (getter) =>
				callMade(engine, decorator, getter, [], into),
			);
		return;
	}
	let values = member.value ? engine.evaluate(member.value) : solver.singleton(NOTHING);
	// The last decorator comes first.
	for (const decorator of decoratorsOf(member).toReversed())
		values = firstValues(engine, member, decorator, values, into);
	solver.include(values, into);
}

/**
 * What a decorator makes of the first value of a field or `accessor`.
 * @param values what it gets
 * @param read receives what a getter of the decorator returns
 */
function firstValues(
	engine: Engine,
	{ isAccessor }: Node,
	decorator: Node,
	values: ValueSet,
	read: ValueSet,
) {
	const { solver } = engine;
	const made = new ValueSet();
	const initialise = (initialiser: Value) => {
		if (initialiser.kind === "nothing") solver.include(values, made);
		else callMade(engine, decorator, initialiser, [values], made);
	};
	solver.onValue(callDecorator(engine, decorator), (returned) => {
		if (!isAccessor || returned.kind === "nothing") return initialise(returned);
		engine.readProperty(returned, "init", initialise);
		engine.readProperty(returned, "get", (getter) => callMade(engine, decorator, getter, [], read));
	});
	return made;
}

/** Calls a function that a decorator returns, on each object that it is for. */
function callMade(engine: Engine, decorator: Node, fn: Value, args: readonly ValueSet[], into: ValueSet) {
	if (fn.kind === "nothing") return;
	const self = thisOfElement(engine, decorator.parent as Node);
	const returned = new ValueSet();
	invokeOrEscape(engine, fn, engine.impliedSite(decorator, `made ${args.length}`, args, self), returned);
	engine.solver.onValue(returned, (value) => engine.solver.add(into, keep(value)));
}
