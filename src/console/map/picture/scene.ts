/** What the map shows at one moment. */
import type { Colours } from "../../shell/colours.ts";
import type { Graph, GraphNode } from "../graph.ts";
import type { Layout, Point } from "../layout.ts";
import type { ProgressOf } from "../marks.ts";
import type { Size, View } from "./view.ts";

export interface Scene {
	readonly graph: Graph;
	readonly layout: Layout;
	readonly progress: ProgressOf;
	/** The secrets of the change that is under way, or that has just ended. */
	readonly changing: ReadonlySet<string>;
	/** The nodes that are not faint; undefined: all. */
	readonly lit: ReadonlySet<string> | undefined;
	readonly selected: string | undefined;
	readonly hovered: string | undefined;
}

export interface Frame {
	readonly view: View;
	readonly size: Size;
	/** Grows with time, for what moves. */
	readonly phase: number;
}

/** Below this scale the texts of nodes are too small to read. */
export const TEXT_SCALE_MIN = 0.5;

export interface Drawing {
	readonly scene: Scene;
	readonly colours: Colours;
	readonly frame: Frame;
}

/** A node and its centre. */
export type Placed = readonly [GraphNode, Point];

/** All nodes with their places. */
export function placedNodes({ graph, layout }: Scene): Placed[] {
	const sides = [
		[graph.functions, layout.functions],
		[graph.secrets, layout.secrets],
	] as const;
	return sides.flatMap(([nodes, points]) =>
		nodes.flatMap((node, index): Placed[] => {
			const at = points[index];
			return at === undefined ? [] : [[node, at]];
		}),
	);
}
