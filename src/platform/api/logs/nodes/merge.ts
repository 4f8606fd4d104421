/** Merges the lines of several nodes by time. Pure. */
import { LOG_LINES_MAX } from "../../../../protocol/function-log.ts";
import type { Kept, Timed } from "../../../logs/function-logs.ts";
import { CHARACTERS_MAX, type NamedLine } from "../newest.ts";

/** A line with the name of the node that stored it. */
export interface NodeLine<Line> extends NamedLine<Line> {
	readonly node: string;
}

export interface Merged<Line> {
	/** Oldest first. */
	readonly lines: readonly NodeLine<Line>[];
	/** The number of older lines that were left out. */
	readonly left: number;
}

/**
 * The newest lines. The lines of one node keep their order, also if its clock went back.
 * @param nodes the lines of each node, in the order in which it stored them
 * @param limit the most lines
 */
export function mergeByTime<Line extends Timed>(
	nodes: Iterable<readonly NodeLine<Line>[]>,
	limit: number,
	sizeOf: (line: Line) => number,
): Merged<Line> {
	const timed: { readonly time: string; readonly line: NodeLine<Line> }[] = [];
	for (const lines of nodes) {
		let latest = "";
		for (const line of lines) {
			latest = line.line.time > latest ? line.line.time : latest;
			timed.push({ time: latest, line });
		}
	}
	timed.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
	const most = Math.min(limit, LOG_LINES_MAX);
	let begin = timed.length;
	let characters = 0;
	while (begin > 0 && timed.length - begin < most) {
		const next = timed[begin - 1]?.line.line as Kept<Line>;
		characters += sizeOf(next);
		if (characters > CHARACTERS_MAX) break;
		begin--;
	}
	return { lines: timed.slice(begin).map(({ line }) => line), left: begin };
}
