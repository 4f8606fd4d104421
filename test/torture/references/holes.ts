/** Bugs that can be planted in the analysis engine. Each silently loses values, as a wrong rule would. */
import type { Engine } from "../../../src/references/engine/engine.ts";
import type { Value, ValueSet } from "../../../src/references/engine/values.ts";

type Hole = (engine: Engine) => void;

/** Loses some of the values that sets get. */
const losing =
	(isLost: (value: Value, set: ValueSet) => boolean): Hole =>
	({ solver }) => {
		const add = solver.add.bind(solver);
		solver.add = (set, value) => (isLost(value, set) ? undefined : add(set, value));
	};

/** The bugs, by their description. */
export const HOLES: Readonly<Record<string, Hole>> = {
	"an access whose name is not known is not reported": ({ findings }) => {
		findings.addDynamic = () => undefined;
	},
	"an unknown value is no value": losing(({ kind }) => kind === "unknown"),
	"a value has at most two texts": losing(
		({ kind, key }, set) => kind === "string" && set.size >= 2 && !set.has(key),
	),
	"iteration yields the first value alone": (engine) => {
		const iterate = engine.iterate;
		engine.iterate = (value, into) => {
			let isFirst = true;
			iterate(value, (one) => {
				if (isFirst) into(one);
				isFirst = false;
			});
		};
	},
	"a function is called from one place alone": (engine) => {
		const onCallEdge = engine.onCallEdge;
		engine.onCallEdge = (fn, listener) => {
			let isFirst = true;
			onCallEdge(fn, (edge) => {
				if (isFirst) listener(edge);
				isFirst = false;
			});
		};
	},
	"what code beyond the analysis gets stays as it is": (engine) => {
		engine.escape = () => undefined;
	},
	"the beginning of a name is taken for the name": ({ findings }) => {
		const addReference = findings.addReference.bind(findings);
		findings.addReference = (name, node) => addReference(name.replace(/\*$/, ""), node);
	},
	"a number in a name counts from one": ({ findings }) => {
		const addReference = findings.addReference.bind(findings);
		findings.addReference = (name, node) => addReference(name.replace("0", "1"), node);
	},
};
