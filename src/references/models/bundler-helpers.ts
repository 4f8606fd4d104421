/** CommonJS modules as esbuild wraps them: `var require_x = __commonJS({ "x.js"(exports, module) {…} })`. */

import type { Node } from "../bundle/syntax.ts";
import { setSlot } from "../engine/properties.ts";
import { Cell, type MethodValue, makeValue, NOTHING, type Thing, thingValue } from "../engine/values.ts";
import type { Invocation } from "./builtin-call.ts";

/** `__commonJS`: a function that, called, gives the module's exports. */
export function wrapModule(call: Invocation) {
	const { engine, site } = call;
	const module = engine.things.made(site.node, "module", "plain");
	const exports = engine.things.made(site.node, "exports", "plain");
	const required = makeValue({ kind: "method", name: "module", of: thingValue(module) });
	module.origin = required;
	exports.origin = required;
	const exportsCell = cellOf(call, exports);
	setSlot(engine, module, "exports", exportsCell);
	const body = (site.arguments[0] as Node | undefined)?.properties?.[0]?.value as Node | undefined;
	if (body !== undefined) {
		const inner = engine.impliedSite(site, "module", [exportsCell, cellOf(call, module)]);
		engine.solver.each(engine.evaluate(body), (fn) => engine.invoke(fn, inner, undefined));
	}
	call.give(required);
}

function cellOf(call: Invocation, thing: Thing): Cell {
	const cell = new Cell();
	call.engine.solver.add(cell, thingValue(thing));
	return cell;
}

/** `require_x()`. */
export function callModule(call: Invocation, required: MethodValue) {
	call.engine.read(required.of, "exports", (value) => call.give(value));
}
/** `__toESM(require_x())`: the module's exports, and under `default` the same. */
export function toModule(call: Invocation) {
	const { engine } = call;
	const made = engine.things.made(call.site.node, "module", "plain");
	if (made.sources.length === 0) {
		made.sources.push(call.argument(0));
		setSlot(engine, made, "default", call.argument(0));
	}
	engine.solver.each(call.argument(0), (value) => {
		if (value.kind !== "object") call.give(value);
	});
	call.giveThing(made);
}
/** `__export(target, { name: () => name })`. */
export function exportInto(call: Invocation) {
	const { engine } = call;
	engine.solver.each(call.argument(0), (target) => {
		if (target.kind !== "object") return;
		engine.solver.each(call.argument(1), (getters) => {
			if (getters.kind !== "object" || getters.thing.node.type !== "ObjectExpression") return;
			for (const property of getters.thing.node.properties) {
				const name = property.key?.name ?? property.key?.value;
				if (typeof name !== "string" || !property.value) continue;
				engine.solver.each(engine.evaluate(property.value), (getter) => {
					if (getter.kind === "object" && getter.thing.kind === "function") {
						setSlot(engine, target.thing, name, engine.returned(getter.thing.node));
					}
				});
			}
		});
	});
	call.give(NOTHING);
}
