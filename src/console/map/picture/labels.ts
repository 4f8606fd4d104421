/** Draws names. */
import { nameText } from "../../text/name.tsx";
import type { GraphNode } from "../graph.ts";
import { NODE, type Point } from "../layout.ts";
import { type Drawing, type Placed, type Scene, TEXT_SCALE_MIN } from "./scene.ts";

/** Names that are drawn beside nodes too small for them. */
const LABELS_MAX = 60;

/** Names cut to the width of a node. Measuring takes long, and names repeat. */
const cuts = new Map<string, string>();
const CUTS_MAX = 20_000;

/** A name, cut with an ellipsis to a width in the present font. @param scale of the font, if it is not the usual one */
export function cut(context: CanvasRenderingContext2D, name: string, width: number, scale = 0): string {
	const key = `${scale} ${name}`;
	const known = cuts.get(key);
	if (known !== undefined) return known;
	if (cuts.size > CUTS_MAX) cuts.clear();
	let text = nameText(name);
	if (context.measureText(text).width > width) {
		let length = Math.min(text.length, 40);
		while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
		text = `${text.slice(0, length)}…`;
	}
	cuts.set(key, text);
	return text;
}

/** The nodes with names: the chosen one and its neighbours; otherwise those of the change that is under way. */
function named(nodes: readonly Placed[], { selected, lit, changing, progress }: Scene): readonly Placed[] {
	if (selected !== undefined) {
		const chosen = nodes.filter(([{ id }]) => id === selected);
		return [...chosen, ...nodes.filter(([{ id }]) => lit?.has(id))];
	}
	if (changing.size === 0) return [];
	return nodes.filter(([{ kind, name }]) => (kind === "secret" ? changing.has(name) : progress.has(name)));
}

/** Names as large as a name must be, where the nodes are too small for them. */
export function drawLabels(
	context: CanvasRenderingContext2D,
	drawing: Drawing,
	nodes: readonly Placed[],
): void {
	const { scene, frame } = drawing;
	if (frame.view.scale >= TEXT_SCALE_MIN) return;
	context.globalAlpha = 1;
	context.font = `${12 / frame.view.scale}px system-ui, sans-serif`;
	const drawn: Point[] = [];
	const height = 16 / frame.view.scale;
	const isFree = ({ x, y }: Point) =>
		drawn.every(
			(other) => Math.abs(other.y - y) >= height || Math.abs(other.x - x) >= 150 / frame.view.scale,
		);
	for (const [node, at] of named(nodes, scene).slice(0, LABELS_MAX)) {
		if (!isFree(at)) continue;
		drawn.push(at);
		drawLabel(context, node, at, drawing);
	}
}

function drawLabel(
	context: CanvasRenderingContext2D,
	node: GraphNode,
	{ x, y }: Point,
	drawing: Drawing,
): void {
	const { scene, colours, frame } = drawing;
	const { scale } = frame.view;
	const text = cut(context, node.name, 150 / scale, scale);
	const [width, height] = [context.measureText(text).width + 8 / scale, 16 / scale];
	const left = node.kind === "function" ? x - NODE.width / 2 : x + NODE.width / 2 - width;
	context.fillStyle = colours.surface;
	context.fillRect(left, y - height / 2, width, height);
	context.fillStyle = node.id === scene.selected ? colours.accent : colours.text;
	context.textAlign = "left";
	context.fillText(text, left + 4 / scale, y);
}
