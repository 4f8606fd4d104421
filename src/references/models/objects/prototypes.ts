/** Models of functions that give an object its prototype. */
import { storeUnder } from "../../engine/stores.ts";
import {
	makeValue,
	NOTHING,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	type ValueSet,
} from "../../engine/values.ts";
import { replaceBuiltin } from "../../environment/replaced.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { defineAll } from "./definitions.ts";

/** Whether the inherited properties are known: the properties of another object, or those that all have. */
function isKnown(prototype: Value): boolean {
	if (prototype.kind === "object" || prototype.kind === "nothing") return true;
	return prototype.kind === "builtin" && prototype.name === "Object.prototype";
}

/** `Object.create(prototype, descriptors)` */
export function createObject(call: BuiltinCall) {
	const { engine, site } = call;
	const created = engine.objects.allocate(site.node, `created ${call.tag}`, "plain");
	const value = objectValue(created) as ObjectValue;
	inherit(call, value, call.argument(0));
	if (site.arguments.length > 1) defineAll(call, value);
	call.returnObject(created);
}

/** `Object.getPrototypeOf(object)`. The environment, and a copy of it, has the prototype of all objects. */
export function getPrototype(call: BuiltinCall) {
	call.engine.solver.onValue(call.argument(0), (value) => {
		if (value.kind === "runtime" && value.api === "env")
			return call.returnValue(makeValue({ kind: "builtin", name: "Object.prototype" }));
		call.returnValue(unknownValue("the result of a call"));
		call.engine.escape(value, call.site.node, "passed to code that the analysis cannot follow");
	});
}

/** `Object.setPrototypeOf(object, prototype)` */
export function setPrototype(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (target) => {
		call.returnValue(target);
		if (target.kind === "object" && target.object.proxyHandler === undefined)
			return inherit(call, target, call.argument(1));
		replaceAll(call, target);
		call.giveUpArguments();
	});
}

/** A built-in object with another prototype may have any property. */
function replaceAll({ engine }: BuiltinCall, target: Value) {
	if (target.kind === "builtin") replaceBuiltin(engine, target, "*");
}

/**
 * `inherits(constructor, base)` of `node:util`: the prototype of one function inherits from the prototype of the other.
 */
export function inheritFrom(call: BuiltinCall) {
	const { engine } = call;
	call.returnValue(NOTHING);
	engine.solver.onValue(call.argument(0), (heir) =>
		engine.solver.onValue(call.argument(1), (base) => {
			if (!isConstructor(heir) || !isConstructor(base)) return call.giveUpArguments();
			engine.readProperty(heir, "prototype", (prototype) => {
				if (prototype.kind === "object") inherit(call, prototype, engine.property(base.object, "prototype"));
			});
			storeUnder(engine, heir, "super_", engine.solver.singleton(base));
		}),
	);
}

function isConstructor(value: Value): value is ObjectValue {
	return value.kind === "object" && (value.object.kind === "function" || value.object.kind === "class");
}

function inherit(call: BuiltinCall, heir: ObjectValue, prototypes: ValueSet) {
	const { engine } = call;
	engine.track(heir.object);
	engine.copyProperties(heir.object, prototypes);
	engine.solver.onValue(prototypes, (prototype) => {
		if (!isKnown(prototype)) {
			call.giveUpArguments();
			engine.escape(heir, call.site.node, "an object with a prototype that the analysis cannot follow");
		}
	});
}
