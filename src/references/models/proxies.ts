/** `Proxy`: an object whose reads are calls. */
import type { Engine } from "../engine/engine.ts";
import { Cell, type Thing, text, unknown, type Value } from "../engine/values.ts";
import type { Invocation } from "./builtin-call.ts";

/** `new Proxy(target, traps)`: what is read goes through the trap `get`. */
export function proxy(call: Invocation) {
	const made = call.engine.things.made(call.site.node, "proxy", "plain");
	made.traps ??= call.argument(1);
	made.sources.push(call.argument(0));
	call.giveThing(made);
}

/** Reads a property through the trap `get`. */
export function readTrapped(
	engine: Engine,
	thing: Thing,
	traps: Cell,
	key: string | undefined,
	into: (value: Value) => void,
) {
	const { solver } = engine;
	const site = engine.site(thing.node);
	const name = new Cell();
	solver.add(name, key === undefined ? unknown("a computed value") : text(key));
	const inner = engine.impliedSite(site, `get ${key ?? ""}`, [engine.argument(site, 0), name]);
	const result = new Cell();
	solver.each(traps, (handler) => engine.read(handler, "get", (trap) => engine.invoke(trap, inner, result)));
	solver.each(result, into);
}
