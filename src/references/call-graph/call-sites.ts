import { type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type CallSite, Cell, NOTHING } from "../engine/values.ts";

/** The sites of written calls, and of those that methods of the language make. */

export function makeSites(engine: Engine): Pick<Engine, "site" | "impliedSite" | "argument"> {
	const sites = new Map<Node, CallSite>();
	const implied = new Map<string, CallSite>();
	return {
		site(node) {
			let site = sites.get(node);
			if (site === undefined) {
				site = writtenSite(engine, node);
				sites.set(node, site);
			}
			return site;
		},
		impliedSite(site, tag, args) {
			const key = `${site.id} ${tag}`;
			let inner = implied.get(key);
			if (inner === undefined) {
				const id = engine.things.nextId();
				inner = {
					id,
					node: site.node,
					arguments: args,
					rest: undefined,
					self: undefined,
					written: false,
					construct: false,
				};
				implied.set(key, inner);
			}
			return inner;
		},
		argument: (site, index) => argument(engine, site, index),
	};
}
function writtenSite(engine: Engine, node: Node): CallSite {
	const all = node.arguments as Node[];
	const spread = all.findIndex((argument) => argument.type === "SpreadElement");
	const callee = node.callee as Node;
	let self: Cell | undefined;
	if (callee.type === "Super" || (callee.type === "MemberExpression" && callee.object.type === "Super")) {
		self = engine.self(thisOwner(node));
	} else if (callee.type === "MemberExpression") self = engine.evaluate(callee.object);
	return {
		id: engine.things.nextId(),
		node,
		arguments: spread < 0 ? all : all.slice(0, spread),
		rest: spread < 0 ? undefined : all.slice(spread),
		self,
		written: true,
		construct: node.type === "NewExpression",
	};
}
const rests = new WeakMap<CallSite, Cell>();
function argument(engine: Engine, site: CallSite, index: number): Cell {
	const given = site.arguments[index];
	if (given instanceof Cell) return given;
	if (given !== undefined) return engine.evaluate(given);
	let rest = rests.get(site);
	if (rest === undefined) {
		const created = new Cell();
		rest = created;
		rests.set(site, created);
		engine.solver.add(created, NOTHING);
		if (site.rest instanceof Cell) engine.solver.feed(site.rest, created);
		else for (const node of site.rest ?? []) restArgument(engine, node, created);
	}
	return rest;
}
function restArgument(engine: Engine, node: Node, into: Cell) {
	if (node.type !== "SpreadElement") return engine.solver.feed(engine.evaluate(node), into);
	engine.solver.each(engine.evaluate(node.argument), (value) =>
		engine.elements(value, (found) => engine.solver.add(into, found)),
	);
}
