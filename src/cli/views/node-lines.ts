/** Describes the nodes of a platform. */
import type { NodeEvent, PlatformStatus } from "../../protocol/nodes.ts";
import { MARKS } from "../shell/render.ts";

/** The first part of a node's name, which tells nodes apart. */
const NAME_CHARACTERS = 8;

export function shortName(node: string): string {
	return node === "" ? "-" : node.slice(0, NAME_CHARACTERS);
}

/** The line for a node that has followed a change, or has not. */
export function nodeLine({ failed, node, status }: NodeEvent): string {
	const name = `node ${shortName(node)}`;
	switch (status) {
		case "followed":
			return `  ${MARKS.ok} ${name} follows`;
		case "failed":
			return `  ${MARKS.failed} ${name}: ${failed.join(", ")} did not start there; earlier versions still serve`;
		case "gone":
			return `  ${MARKS.failed} ${name} stops, or does not answer`;
		case "waiting":
			return `  ${MARKS.failed} ${name} has not followed yet`;
	}
}

/** A row of the table of nodes. */
export function nodeRow(node: PlatformStatus["nodes"][number]): string[] {
	const { live, idle, failed } = node.functions;
	return [
		shortName(node.node) + (node.self ? " *" : ""),
		node.stopping ? "stopping" : "answers",
		node.version,
		`${live} live, ${idle} idle, ${failed} failed`,
		String(node.revision),
		node.control === "" ? "-" : node.control,
	];
}
