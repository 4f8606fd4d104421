/** What the models of the language's own functions work with: one call of one of them. */

import { type Context, unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type AbstractObject,
	type CallSite,
	objectValue,
	type Value,
	type ValueSet,
	withContext,
} from "../engine/values.ts";

export class BuiltinCall {
	readonly engine: Engine;
	readonly site: CallSite;
	readonly result: ValueSet | undefined;
	readonly context: Context;
	/** Tells apart what one call does with different objects. */
	readonly tag: string;

	constructor(engine: Engine, site: CallSite, result: ValueSet | undefined, context: Context, tag = "") {
		this.engine = engine;
		this.site = site;
		this.result = result;
		this.context = context;
		this.tag = tag;
	}

	argument(index: number): ValueSet {
		return this.engine.argument(this.site, index);
	}

	/** Returns a value, as far as it agrees with the context. */
	returnValue(value: Value) {
		if (this.result === undefined) return;
		const context = unify(value.context, this.context);
		if (context !== undefined) this.engine.solver.add(this.result, withContext(value, context));
	}

	returnAll(values: ValueSet) {
		this.engine.solver.onValue(values, (value) => this.returnValue(value));
	}

	/** Adds each element of a cell's iterables to another. */
	iterateInto(iterables: ValueSet, into: ValueSet) {
		this.engine.solver.onValue(iterables, (value) =>
			this.engine.iterate(value, (found) => this.engine.solver.add(into, found)),
		);
	}

	/** Calls a function argument with the given arguments; what it returns goes to `returned`. */
	invokeCallback(index: number, args: readonly ValueSet[], returned?: ValueSet) {
		const { engine, site } = this;
		const inner = engine.syntheticSite(site, `callback ${index} ${this.tag}`, args);
		engine.solver.onValue(this.argument(index), (fn) => engine.invoke(fn, inner, returned));
	}

	/** A new array at this call; its elements are fed to `open`. */
	newArray(tag = "array"): AbstractObject {
		return this.engine.objects.allocate(this.site.node, tag, "array");
	}

	returnObject(object: AbstractObject) {
		this.returnValue(objectValue(object));
	}
}
