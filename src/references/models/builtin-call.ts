/** One call of a built-in function, with the data that its model needs. */
import { type Context, unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { readFrom, storedIn } from "../engine/origins.ts";
import {
	type AbstractObject,
	BOOLEANS,
	type CallSite,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";

export class BuiltinCall {
	readonly engine: Engine;
	readonly site: CallSite;
	readonly result: ValueSet | undefined;
	readonly context: Context;
	/** Distinguishes the effects of one call on different receivers. */
	readonly tag: string;

	/** The name of the method that is called; empty for a function. */
	readonly methodName: string;

	constructor(
		engine: Engine,
		site: CallSite,
		result: ValueSet | undefined,
		context: Context,
		tag = "",
		methodName = "",
	) {
		this.engine = engine;
		this.site = site;
		this.result = result;
		this.context = context;
		this.tag = tag;
		this.methodName = methodName;
	}

	argument(index: number): ValueSet {
		return this.engine.argument(this.site, index);
	}

	/** All arguments from a position on. The last set contains the spread arguments. */
	arguments(from = 0): ValueSet[] {
		const { site } = this;
		const count = site.arguments.length + (site.spreadArguments === undefined ? 0 : 1);
		return Array.from({ length: Math.max(0, count - from) }, (_, at) => this.argument(at + from));
	}

	/** Returns a value from the call, where its context unifies with that of the call. */
	returnValue(value: Value) {
		if (this.result === undefined) return;
		const context = unify(value.context, this.context);
		if (context !== undefined) this.engine.solver.add(this.result, withContext(value, context));
	}

	/** The effect of a call without a model: it may do anything with its arguments, and its result is unknown. */
	giveUp(why = "the result of a call", isBorrowed = false) {
		this.returnValue(unknownValue(why));
		this.giveUpArguments(isBorrowed);
	}

	/**
	 * The effect on the arguments of a call that may do anything with them.
	 * @param isBorrowed whether the first argument is the receiver of a built-in function
	 */
	giveUpArguments(isBorrowed = false) {
		const { engine, site } = this;
		for (const [index, argument] of this.arguments().entries())
			engine.solver.onValue(argument, (value) => {
				if (isBorrowed && index === 0 && value.kind === "runtime") return;
				engine.escape(value, site.node, "passed to code that the analysis cannot follow");
			});
	}

	/** Returns `true` or `false`. */
	returnBooleans() {
		for (const value of BOOLEANS) this.returnValue(value);
	}

	/** Returns every value of a set. */
	returnAll(values: ValueSet) {
		this.engine.solver.onValue(values, (value) => this.returnValue(value));
	}

	/** Returns the environment if it is among some values, so that what the call makes of it is followed like it. */
	returnEnvironment(values: ValueSet) {
		this.engine.solver.onValue(values, (value) => {
			if (value.kind === "runtime" && value.api === "env") this.returnValue(value);
		});
	}

	/** Stores values in an object that exists already. */
	store(holder: ObjectValue, values: ValueSet, into: ValueSet) {
		this.engine.solver.onValue(values, (value) => {
			const stored = storedIn(holder, value);
			if (stored !== undefined) this.engine.solver.add(into, stored);
		});
	}

	/** The contents of an object, as a read of the object returns them. */
	read(holder: ObjectValue, held: ValueSet): ValueSet {
		const found = new ValueSet();
		this.engine.solver.onValue(held, (stored) => {
			const value = readFrom(holder, stored);
			if (value !== undefined) this.engine.solver.add(found, value);
		});
		return found;
	}

	/** Adds the elements of every iterable in a set to another set. */
	iterateInto(iterables: ValueSet, into: ValueSet) {
		this.engine.solver.onValue(iterables, (value) =>
			this.engine.iterate(value, (found) => this.engine.solver.add(into, found)),
		);
	}

	/**
	 * Calls a function that was passed as an argument.
	 * @param index its position
	 * @param args the arguments of the call
	 * @param returned receives its result
	 * @param receiver the values of `this` in the function
	 */
	invokeCallback(index: number, args: readonly ValueSet[], returned?: ValueSet, receiver?: ValueSet) {
		const { engine, site } = this;
		const inner = engine.syntheticSite(site, `callback ${index} ${this.tag}`, args);
		const called = receiver === undefined ? inner : { ...inner, receiver };
		engine.solver.onValue(this.argument(index), (fn) => engine.invoke(fn, called, returned));
	}

	/** The argument after a function: what is `this` in the function. */
	thisArgument(index: number): ValueSet | undefined {
		const { arguments: given, spreadArguments } = this.site;
		return given.length > index || spreadArguments !== undefined ? this.argument(index) : undefined;
	}

	/**
	 * The array that this call allocates. The model adds its elements to `summary`.
	 * @param tag distinguishes several arrays of one call
	 */
	newArray(tag = "array"): AbstractObject {
		return this.engine.objects.allocate(this.site.node, tag, "array");
	}

	returnObject(object: AbstractObject) {
		this.returnValue(objectValue(object));
	}
}
