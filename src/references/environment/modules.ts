/** Modules that code loads by a name that it computes: by `import(…)`, `require(…)` and their like. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { unknownValue, type Value, type ValueSet } from "../engine/values.ts";
import { placeOf } from "./places.ts";
import { moduleValue } from "./runtime-apis.ts";

/** Specifiers that contain the code of a module. */
export const CODE = /^(?:data|blob):/i;

/** Loads each module to which the names may refer. An unknown name may refer to any module. */
export function loadModule(engine: Engine, names: ValueSet, node: Node, returnValue: (value: Value) => void) {
	engine.solver.onValue(names, (name) => {
		if (name.kind === "nothing") return;
		const module = name.kind === "string" ? moduleValue(name.text) : undefined;
		returnValue(module ?? unknownValue("an imported value"));
		if (name.kind !== "string")
			engine.findings.addDynamic(placeOf(engine, name, node), "a module is imported whose name is not known");
		else noteCode(engine, name.text, node);
	});
}

/** Notes that a module's specifier contains code that the analysis does not follow. */
export function noteCode(engine: Engine, specifier: string, node: Node) {
	if (CODE.test(specifier)) engine.findings.addDynamic(node, "code is made out of text");
}
