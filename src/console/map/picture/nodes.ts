/** Draws the nodes of the map. */
import type { Colours } from "../../shell/colours.ts";
import type { GraphNode } from "../graph.ts";
import { NODE, type Point } from "../layout.ts";
import { drawStrongEdges } from "./edges.ts";
import { cut, drawLabels } from "./labels.ts";
import { type Look, lookOf } from "./looks.ts";
import { type Drawing, placedNodes, TEXT_SCALE_MIN } from "./scene.ts";

const FAINT = 0.22;
const TAU = 2 * Math.PI;

/** Small, a node is a bar in the colour of its sign. */
function drawBar(context: CanvasRenderingContext2D, { x, y }: Point, { bar, outline }: Look): void {
	context.fillStyle = bar ?? outline;
	context.fillRect(x - NODE.width / 2, y - NODE.height / 2, NODE.width, NODE.height);
}

function drawPill(
	context: CanvasRenderingContext2D,
	{ x, y }: Point,
	look: Look,
	name: string,
	colours: Colours,
): void {
	context.beginPath();
	context.roundRect(x - NODE.width / 2, y - NODE.height / 2, NODE.width, NODE.height, 5);
	context.fillStyle = look.fill;
	context.fill();
	context.strokeStyle = look.outline;
	context.setLineDash([...look.dash]);
	context.stroke();
	context.fillStyle = look.signColour;
	context.textAlign = "center";
	context.fillText(look.sign, x - NODE.width / 2 + 12, y + 0.5);
	context.textAlign = "left";
	context.fillStyle = colours.text;
	context.fillText(cut(context, name, NODE.width - 30), x - NODE.width / 2 + 22, y + 0.5);
}

function drawRing(context: CanvasRenderingContext2D, { x, y }: Point, colour: string): void {
	context.beginPath();
	context.roundRect(x - NODE.width / 2 - 3, y - NODE.height / 2 - 3, NODE.width + 6, NODE.height + 6, 8);
	context.strokeStyle = colour;
	context.setLineDash([]);
	context.lineWidth = 2;
	context.stroke();
}

/** A turning arc, for a process that starts. */
function drawSpinner(
	context: CanvasRenderingContext2D,
	{ x, y }: Point,
	colour: string,
	phase: number,
): void {
	context.beginPath();
	context.arc(x + NODE.width / 2 - 12, y, 5, (phase / 12) % TAU, ((phase / 12) % TAU) + 4);
	context.strokeStyle = colour;
	context.setLineDash([]);
	context.lineWidth = 2;
	context.stroke();
}

function drawNode(context: CanvasRenderingContext2D, node: GraphNode, at: Point, drawing: Drawing): void {
	const { scene, colours, frame } = drawing;
	const look = lookOf(node, scene, colours);
	context.globalAlpha = scene.lit === undefined || scene.lit.has(node.id) ? 1 : FAINT;
	context.lineWidth = 1.2;
	if (frame.view.scale < TEXT_SCALE_MIN) drawBar(context, at, look);
	else drawPill(context, at, look, node.name, colours);
	if (node.kind === "function" && scene.progress.get(node.name)?.phase === "starting")
		drawSpinner(context, at, colours.warn, frame.phase);
	if (node.id === scene.selected) drawRing(context, at, colours.accent);
}

/** Everything besides the quiet edges: what changes while the reader looks. */
export function drawNodes(context: CanvasRenderingContext2D, drawing: Drawing): void {
	const { scene, colours, frame } = drawing;
	const { view, size } = frame;
	drawStrongEdges(context, scene, colours, frame);
	context.font = "13px system-ui, sans-serif";
	context.textBaseline = "middle";
	const isSeen = ({ x, y }: Point) => {
		const [left, top] = [x * view.scale + view.x, y * view.scale + view.y];
		const reach = NODE.width * view.scale;
		return left > -reach && left < size.width + reach && top > -reach && top < size.height + reach;
	};
	const seen = placedNodes(scene).filter(([, at]) => isSeen(at));
	for (const [node, at] of seen) drawNode(context, node, at, drawing);
	drawLabels(context, drawing, seen);
	context.globalAlpha = 1;
}
