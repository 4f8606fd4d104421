/** CommonJS modules as esbuild wraps them: `var require_x = __commonJS({ "x.js"(exports, module) {…} })`. */

import { setSlot } from "../backward/iteration.ts";
import type { Node } from "../bundle/syntax.ts";
import { Cell, makeValue, type Thing, thingValue, type Value } from "../engine/values.ts";
import type { Invocation } from "./builtin-call.ts";

/** `__commonJS`: a function that, called, gives the module's exports. */
export function wrapModule(call: Invocation) {
	const { engine, site } = call;
	const module = engine.things.made(site.node, "module", "object");
	const exports = engine.things.made(site.node, "exports", "object");
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
export function callModule(call: Invocation, required: Value & { kind: "method" }) {
	call.engine.read(required.of, "exports", (value) => call.give(value));
}
