import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value } from "../engine/values.ts";

/**
 * The node at which an access by an unknown name is reported: the call that passes the name to a helper. A call in a
 * dependency is never reported, so the upload's own access is reported at the access itself.
 */
export function placeOf(engine: Engine, { reportAt }: Value, node: Node): Node {
	if (reportAt === undefined) return node;
	return engine.isDependency(reportAt) && !engine.isDependency(node) ? node : reportAt;
}
