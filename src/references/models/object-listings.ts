/** What listing the properties of something gives. */

import { setSlot } from "../engine/properties.ts";
import { Cell, type Thing, thingValue, unknown, type Value } from "../engine/values.ts";
import { enumerated } from "../environment/name-reads.ts";
import { VALUE_OF_VARIABLE } from "../environment/runtime-apis.ts";
import type { Invocation } from "./builtin-call.ts";

/** `Object.keys`, `values` and `entries`, each pair with its own key. */
export function properties(call: Invocation, what: "keys" | "values" | "entries") {
	const { engine } = call;
	engine.solver.each(call.argument(0), (of) => {
		const made = call.array(`${what} ${of.kind === "object" ? of.thing.id : ""}`);
		if (of.kind !== "nothing") call.give(thingValue(made, of.context));
		if (of.kind !== "object") return listEnvironment(call, of, what, made);
		if (what === "values") return engine.solver.feed(engine.every(of.thing), made.open);
		engine.solver.each(engine.names(of.thing), (name) => {
			if (what === "keys") return engine.solver.add(made.open, name);
			const known = name.kind === "string" ? name.text : undefined;
			const entry = call.array(`entry ${of.thing.id} ${known}`);
			if (!entry.named) {
				entry.named = true;
				const key = new Cell();
				engine.solver.add(key, name);
				setSlot(engine, entry, "0", key);
				setSlot(
					engine,
					entry,
					"1",
					known === undefined ? engine.every(of.thing) : engine.slot(of.thing, known),
				);
			}
			engine.solver.add(made.open, thingValue(entry, name.context));
		});
	});
}

/** What listing something gives whose properties are not known; of the environment perhaps what the names begin with. */
function listEnvironment(call: Invocation, of: Value, what: "keys" | "values" | "entries", made: Thing) {
	const { engine } = call;
	if (what === "values") return engine.solver.add(made.open, unknown(VALUE_OF_VARIABLE));
	for (const name of enumerated(engine, of, call.site.node)) {
		if (what === "keys" || name.kind !== "unknown") engine.solver.add(made.open, name);
		else {
			const entry = call.array(`entry of the environment ${name.start}`);
			const [key, value] = [new Cell(), new Cell()];
			engine.solver.add(key, name);
			engine.solver.add(value, unknown(VALUE_OF_VARIABLE));
			setSlot(engine, entry, "0", key);
			setSlot(engine, entry, "1", value);
			engine.solver.add(made.open, thingValue(entry));
		}
	}
}
