/** What the models of the language's own functions work with: one call of one of them. */

import { type Context, join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { type CallSite, type Cell, place, type Thing, thingValue, type Value } from "../engine/values.ts";

export class Invocation {
	readonly engine: Engine;
	readonly site: CallSite;
	readonly result: Cell | undefined;
	readonly context: Context;
	/** Tells apart what one call does with different objects. */
	readonly tag: string;

	constructor(engine: Engine, site: CallSite, result: Cell | undefined, context: Context, tag = "") {
		this.engine = engine;
		this.site = site;
		this.result = result;
		this.context = context;
		this.tag = tag;
	}

	argument(index: number): Cell {
		return this.engine.argument(this.site, index);
	}

	/** Returns a value, as far as it agrees with the context. */
	give(value: Value) {
		if (this.result === undefined) return;
		const context = join(value.context, this.context);
		if (context !== undefined) this.engine.solver.add(this.result, place(value, context));
	}

	giveAll(cell: Cell) {
		this.engine.solver.each(cell, (value) => this.give(value));
	}

	/** Adds each element of a cell's iterables to another. */
	elementsOf(cell: Cell, into: Cell) {
		this.engine.solver.each(cell, (value) =>
			this.engine.elements(value, (found) => this.engine.solver.add(into, found)),
		);
	}

	/** Calls a function argument with the given arguments; what it returns goes to `returned`. */
	callback(index: number, args: readonly Cell[], returned?: Cell) {
		const { engine, site } = this;
		const inner = engine.impliedSite(site, `callback ${index} ${this.tag}`, args);
		engine.solver.each(this.argument(index), (fn) => engine.invoke(fn, inner, returned));
	}

	/** A new array at this call; its elements are fed to `open`. */
	array(tag = "array"): Thing {
		return this.engine.things.made(this.site.node, tag, "array");
	}

	giveThing(thing: Thing) {
		this.give(thingValue(thing));
	}
}
