/** The model of the object that tells a decorator what it decorates. */
import { ValueSet } from "../../engine/values.ts";
import type { ClassModel } from "./class-model.ts";

export const DECORATOR_CONTEXT = "decorator context";

/** Its properties are in the abstract object. Others, such as `metadata`, are not known. */
export const DECORATOR_CONTEXT_MODEL: ClassModel = {
	methods: {
		/** Each object of the class calls the function when it is made, and a class when it is defined. */
		addInitializer(call, context) {
			const { engine, site } = call;
			const self = engine.property(context.object, "@@this");
			const inner = engine.impliedSite(site.node, `initializer ${context.key}`, [], self);
			engine.solver.onValue(call.argument(0), (initializer) => {
				engine.invoke(initializer, inner, new ValueSet());
			});
		},
	},
	fields: Object.fromEntries(
		["name", "kind", "static", "private"].map((key) => [
			key,
			({ solver, property }, { object }, into) => solver.onValue(property(object, key), into),
		]),
	),
};
