/**
 * Models of the helpers with which esbuild wraps modules. A CommonJS module becomes `var require_x =
 * __commonJS({ "x.js"(exports, module) {…} })`.
 */
import type { Node } from "../bundle/syntax.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import { type MethodValue, makeValue, NOTHING, objectValue, stringValue } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/** `__commonJS`: returns a function that returns the module's exports. */
export function wrapCommonJs(call: BuiltinCall) {
	const { engine, site } = call;
	const module = engine.objects.allocate(site.node, "module", "plain");
	const exports = engine.objects.allocate(site.node, "exports", "plain");
	const requireFunction = makeValue({ kind: "method", name: "require", receiver: objectValue(module) });
	module.trackedAs = requireFunction;
	exports.trackedAs = requireFunction;
	const exportsSet = engine.solver.singleton(objectValue(exports));
	setProperty(engine, module, "exports", exportsSet);
	const body = (site.arguments[0] as Node | undefined)?.properties?.[0]?.value as Node | undefined;
	if (body !== undefined) {
		const inner = engine.syntheticSite(site, "module", [
			exportsSet,
			engine.solver.singleton(objectValue(module)),
		]);
		engine.solver.onValue(engine.evaluate(body), (fn) => engine.invoke(fn, inner, undefined));
	}
	call.returnValue(requireFunction);
}

/** `require_x()`: returns the exports. */
export function requireModule(call: BuiltinCall, requireFunction: MethodValue) {
	call.engine.readProperty(requireFunction.receiver, "exports", (value) => call.returnValue(value));
}

/** `__toESM(require_x())`: returns the exports, which are also its property `default`. */
export function toModule(call: BuiltinCall) {
	const { engine } = call;
	const created = engine.objects.allocate(call.site.node, "module", "plain");
	if (created.copiedFrom.length === 0) {
		created.copiedFrom.push(call.argument(0));
		setProperty(engine, created, "default", call.argument(0));
	}
	engine.solver.onValue(call.argument(0), (value) => {
		if (value.kind !== "object") call.returnValue(value);
	});
	call.returnObject(created);
}

/** `__export(target, { name: () => name })`: defines properties of the target by getters. */
export function exportInto(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (target) => {
		if (target.kind !== "object") return;
		engine.solver.onValue(call.argument(1), (getters) => {
			if (getters.kind !== "object" || getters.object.node.type !== "ObjectExpression") return;
			for (const property of getters.object.node.properties) {
				const name = property.key?.name ?? property.key?.value;
				if (typeof name !== "string" || !property.value) continue;
				engine.solver.add(target.object.keys, stringValue(name));
				engine.solver.onValue(engine.evaluate(property.value), (getter) => {
					if (getter.kind === "object" && getter.object.kind === "function") {
						setProperty(engine, target.object, name, engine.returned(getter.object.node));
					}
				});
			}
		});
	});
	call.returnValue(NOTHING);
}
