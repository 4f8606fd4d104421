import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value } from "../engine/values.ts";

/**
 * Where an access by a name that is not known is reported: at the call that passes the name to a helper. A call in a
 * dependency is reported nowhere, so an access in the upload's own code stays at its own place.
 */
export function placeOf(engine: Engine, { reportAt }: Value, node: Node): Node {
	if (reportAt === undefined) return node;
	return engine.isDependency(reportAt) && !engine.isDependency(node) ? node : reportAt;
}
