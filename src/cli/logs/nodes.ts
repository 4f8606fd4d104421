/** Describes the nodes whose lines are shown, and those whose lines are missing. */
import type { AskedNode } from "../../protocol/nodes.ts";
import { shortName } from "../views/node-lines.ts";

const CAUSES: Readonly<Record<NonNullable<AskedNode["missing"]>, string>> = {
	no_address: "it has no address for other nodes. Start it with --advertise URL",
	unreachable: "the node that answers does not reach it",
	timeout: "it did not answer in time",
	refused: "it did not accept the request. It may run another version of Coffer",
	silent: "it does not reach the store",
};

/** Whether the platform has several nodes, so that lines are marked with their nodes. */
export function isSeveral(nodes: readonly AskedNode[] | undefined): boolean {
	return nodes !== undefined && nodes.length > 1;
}

/** What to say about nodes that are missing now, and about those that answer again. */
export function nodeChanges(before: readonly AskedNode[], now: readonly AskedNode[]): string[] {
	const earlier = new Map(before.map(({ missing, node }) => [node, missing]));
	return now.flatMap(({ missing, node }) => {
		const was = earlier.get(node) ?? null;
		if (was === missing) return [];
		const name = `node ${shortName(node)}`;
		return missing === null
			? [`The lines of ${name} are shown again.`]
			: [`The lines of ${name} are missing: ${CAUSES[missing]}.`];
	});
}
