import { makeTarget } from "./backward/assignments.ts";
import { makeEvaluate } from "./backward/evaluate.ts";
import { makeReturned, makeSelf } from "./backward/functions.ts";
import { makeElements } from "./backward/iteration.ts";
import { makeNames } from "./backward/keys.ts";
import { makeEvery, makeSlot } from "./backward/properties.ts";
import { makeRead } from "./backward/property-reads.ts";
import type { Scopes } from "./bundle/scopes.ts";
import type { Files } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import { makeCallLists } from "./call-graph/call-edges.ts";
import { makeSites } from "./call-graph/call-sites.ts";
import { makeInvoke } from "./call-graph/invoke.ts";
import { Things } from "./engine/abstract-objects.ts";
import type { Engine } from "./engine/engine.ts";
import { Findings } from "./engine/findings.ts";
import { Solver } from "./engine/solver.ts";
import { makeEscape } from "./forward/escape.ts";
import { makeArrive } from "./forward/propagate.ts";
import { makeArriveTarget } from "./forward/propagate-into.ts";
import { makeTrace } from "./forward/tracking.ts";

/** Puts the parts together. They know one another only as this engine. */
export function makeEngine(scopes: Scopes, files: Files, foreign: { left: number }): Engine {
	const engine = {
		solver: new Solver(),
		scopes,
		things: new Things(),
		findings: new Findings(),
	} as Engine;
	return Object.assign(engine, {
		isDependency: (node: Node) => files.isDependency(node),
		spend(node: Node) {
			if (foreign.left <= 0 && files.isDependency(node)) return false;
			if (foreign.left < Number.POSITIVE_INFINITY && files.isDependency(node)) foreign.left--;
			return true;
		},
		evaluate: makeEvaluate(engine),
		target: makeTarget(engine),
		returned: makeReturned(engine),
		self: makeSelf(engine),
		read: makeRead(engine),
		slot: makeSlot(engine),
		every: makeEvery(engine),
		names: makeNames(engine),
		elements: makeElements(engine),
		arrive: makeArrive(engine),
		arriveTarget: makeArriveTarget(engine),
		trace: makeTrace(engine),
		escape: makeEscape(engine),
		invoke: makeInvoke(engine),
		...makeSites(engine),
		...makeCallLists(engine),
	});
}
