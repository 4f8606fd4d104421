import { makeAccessors } from "./backward/accessors.ts";
import { makeAssigned } from "./backward/assignments.ts";
import { makeEvaluate } from "./backward/evaluate.ts";
import { makeReturned, makeThisValue } from "./backward/functions.ts";
import { makeIterate } from "./backward/iteration.ts";
import { makeKeys } from "./backward/keys.ts";
import { makeAnyProperty, makeCopyProperties, makeProperty } from "./backward/properties.ts";
import { makeReadProperty } from "./backward/property-reads.ts";
import type { Scopes } from "./bundle/scopes.ts";
import type { SourceFiles } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import { makeCallEdges } from "./call-graph/call-edges.ts";
import { makeCallSites } from "./call-graph/call-sites.ts";
import { makeInvoke } from "./call-graph/invoke.ts";
import { AbstractObjects } from "./engine/abstract-objects.ts";
import type { Engine } from "./engine/engine.ts";
import { Findings } from "./engine/findings.ts";
import { Solver } from "./engine/solver.ts";
import { ThrownValues } from "./exceptions/thrown-values.ts";
import { makeEscape } from "./forward/escape.ts";
import { makePropagate } from "./forward/propagate.ts";
import { makePropagateInto } from "./forward/propagate-into.ts";
import { makeReach } from "./forward/reach.ts";
import { makeTrack } from "./forward/tracking.ts";
import type { SchemaCode } from "./models/schemas/schema-code.ts";

function nothingRemembered(): Engine["remembered"] {
	return {
		holders: new Map(),
		flattened: new Map(),
		decorated: new Map(),
		compared: new Map(),
		tested: new Map(),
		excluded: new Map(),
	};
}

/**
 * Assembles the parts of the analysis. The parts refer to each other only through the engine.
 * @param dependencyBudget how many nodes of dependencies may still be evaluated; counted down
 * @param replaced the names of built-in properties that are known to be replaced
 * @param schemas recognises functions of packages with a model
 */
export function assembleEngine(
	scopes: Scopes,
	files: SourceFiles,
	dependencyBudget: { left: number },
	replaced: Set<string>,
	schemas: SchemaCode,
): Engine {
	const engine = {
		solver: new Solver(),
		scopes,
		schemas,
		objects: new AbstractObjects(),
		findings: new Findings(),
		remembered: nothingRemembered(),
		replaced,
		postponed: [],
		unevaluated: [],
		demanded: { expressions: new Map(), targets: new Map() },
	} as unknown as Engine;
	Object.assign(engine, { isForeign: (node: Node) => files.isForeign(node), escape: makeEscape(engine) });
	return Object.assign(engine, {
		thrown: new ThrownValues(engine),
		isDependency: (node: Node) => files.isDependency(node),
		spendBudget(node: Node) {
			if (dependencyBudget.left === Number.POSITIVE_INFINITY || !files.isForeign(node)) return true;
			// What dependencies do with their promises is not followed.
			engine.thrown.rejectUnknown();
			return dependencyBudget.left-- > 0;
		},
		evaluate: makeEvaluate(engine),
		assigned: makeAssigned(engine),
		returned: makeReturned(engine),
		thisValue: makeThisValue(engine),
		readProperty: makeReadProperty(engine),
		property: makeProperty(engine),
		anyProperty: makeAnyProperty(engine),
		accessors: makeAccessors(engine),
		copyProperties: makeCopyProperties(engine),
		keys: makeKeys(engine),
		iterate: makeIterate(engine),
		propagate: makePropagate(engine),
		propagateInto: makePropagateInto(engine),
		track: makeTrack(engine),
		escape: makeEscape(engine),
		invoke: makeInvoke(engine),
		...makeReach(engine),
		...makeCallSites(engine),
		...makeCallEdges(engine),
	});
}
