/** Call sites: those in the code, and those of built-in functions that call their arguments. */
import { type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type CallSite, NOTHING, objectValue, stringValue, ValueSet } from "../engine/values.ts";

/** Creates call sites, each only once. */
export function makeCallSites(
	engine: Engine,
): Pick<Engine, "callSite" | "syntheticSite" | "impliedSite" | "argument"> {
	const sites = new Map<Node, CallSite>();
	const implied = new Map<string, CallSite>();
	const spreadSets = new Map<CallSite, ValueSet>();
	const impliedBy = (key: string, node: Node, args: readonly ValueSet[], receiver?: ValueSet) => {
		let site = implied.get(key);
		if (site === undefined) {
			const id = engine.objects.nextId();
			const base = { spreadArguments: undefined, isInSource: false, isConstruct: false };
			site = { ...base, id, node, arguments: args, receiver };
			implied.set(key, site);
		}
		return site;
	};
	return {
		callSite(node) {
			let site = sites.get(node);
			if (site === undefined) {
				site = siteInSource(engine, node);
				sites.set(node, site);
			}
			return site;
		},
		syntheticSite: (site, tag, args) => impliedBy(`${site.id} ${tag}`, site.node, args),
		impliedSite: (node, tag, args, receiver) =>
			impliedBy(`${node.start} ${node.end} ${tag}`, node, args, receiver),
		argument: (site, index) => argumentSet(engine, site, index, spreadSets),
	};
}

/** The site of a call or `new` expression. */
function siteInSource(engine: Engine, node: Node): CallSite {
	const isTagged = node.type === "TaggedTemplateExpression";
	const all = (isTagged ? node.quasi.expressions : node.arguments) as Node[];
	const spread = all.findIndex((argument) => argument.type === "SpreadElement");
	const called = (isTagged ? node.tag : node.callee) as Node;
	// `(object?.method)()` keeps its receiver.
	const callee = called.type === "ChainExpression" ? (called.expression as Node) : called;
	let self: ValueSet | undefined;
	if (callee.type === "Super" || (callee.type === "MemberExpression" && callee.object.type === "Super")) {
		self = engine.thisValue(thisOwner(node));
	} else if (callee.type === "MemberExpression") self = engine.evaluate(callee.object);
	return {
		id: engine.objects.nextId(),
		node,
		arguments: isTagged ? [textsOf(engine, node.quasi), ...all] : spread < 0 ? all : all.slice(0, spread),
		spreadArguments: spread < 0 ? undefined : all.slice(spread),
		receiver: self,
		isInSource: true,
		isConstruct: node.type === "NewExpression",
	};
}

/** The texts of a template that a function is called with. */
function textsOf(engine: Engine, template: Node): ValueSet {
	const { solver, objects } = engine;
	const quasis = template.quasis as Node[];
	const arrayOf = (tag: string, spelled: "cooked" | "raw") => {
		const array = objects.allocate(template, tag, "array");
		array.knownLength = quasis.length;
		array.isComplete = true;
		for (const [index, { value }] of quasis.entries()) {
			const text = value[spelled] as string | null;
			solver.add(engine.property(array, String(index)), text === null ? NOTHING : stringValue(text));
		}
		return array;
	};
	const texts = arrayOf("texts", "cooked");
	solver.add(engine.property(texts, "raw"), objectValue(arrayOf("raw texts", "raw")));
	return solver.singleton(objectValue(texts));
}

/**
 * The values of one argument. From the first spread on, positions are not distinguished.
 * @param spreadSets the values of spread arguments, without their positions
 */
function argumentSet(
	engine: Engine,
	site: CallSite,
	index: number,
	spreadSets: Map<CallSite, ValueSet>,
): ValueSet {
	const given = site.arguments[index];
	if (given instanceof ValueSet) return given;
	if (given !== undefined) return engine.evaluate(given);
	let spreadSet = spreadSets.get(site);
	if (spreadSet === undefined) {
		const created = new ValueSet();
		spreadSet = created;
		spreadSets.set(site, created);
		engine.solver.add(created, NOTHING);
		if (site.spreadArguments instanceof ValueSet) engine.solver.include(site.spreadArguments, created);
		else for (const node of site.spreadArguments ?? []) includeSpreadArgument(engine, node, created);
	}
	return spreadSet;
}

/** Includes an argument, or the elements of a spread one. */
function includeSpreadArgument(engine: Engine, node: Node, into: ValueSet) {
	if (node.type !== "SpreadElement") return engine.solver.include(engine.evaluate(node), into);
	engine.solver.onValue(engine.evaluate(node.argument), (value) =>
		engine.iterate(value, (found) => engine.solver.add(into, found)),
	);
}
