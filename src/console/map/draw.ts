/** Draws the map on a canvas. */
import { isPending, type Progress } from "../data/rollout.ts";
import type { Colours } from "../shell/colours.ts";
import { nameText } from "../text/name.tsx";
import type { Edge, FunctionNode, Graph, GraphNode, How, SecretNode } from "./graph.ts";
import { type Layout, NODE, type Point } from "./layout.ts";
import type { ProgressOf } from "./marks.ts";
import type { Size, View } from "./view.ts";

export interface Scene {
	readonly graph: Graph;
	readonly layout: Layout;
	readonly progress: ProgressOf;
	/** The secrets of the change that is under way. */
	readonly changing: ReadonlySet<string>;
	/** The nodes that are not faint; undefined: all. */
	readonly lit: ReadonlySet<string> | undefined;
	readonly selected: string | undefined;
	readonly hovered: string | undefined;
}

const DASHES: Readonly<Record<How, readonly number[]>> = {
	static: [],
	declared: [10, 3],
	observed: [5, 4],
	prefix: [2, 3],
};
const TEXT_SCALE_MIN = 0.55;
const FAINT = 0.22;
/** Names that are drawn beside nodes too small for them. */
const LABELS_MAX = 60;
const TAU = 2 * Math.PI;

const curve = (path: Path2D, from: Point, to: Point): void => {
	const [x1, x2] = [from.x + NODE.width / 2, to.x - NODE.width / 2];
	const bend = Math.max(60, (x2 - x1) / 2);
	path.moveTo(x1, from.y);
	path.bezierCurveTo(x1 + bend, from.y, x2 - bend, to.y, x2, to.y);
};

/** The lines of some edges, by how they were found. */
function pathsOf(edges: readonly Edge[], { functions, secrets }: Layout): Map<How, Path2D> {
	const paths = new Map<How, Path2D>();
	for (const edge of edges) {
		const [from, to] = [functions[edge.function], secrets[edge.secret]];
		if (from === undefined || to === undefined) continue;
		const path = paths.get(edge.how) ?? new Path2D();
		paths.set(edge.how, path);
		curve(path, from, to);
	}
	return paths;
}

export function clear(context: CanvasRenderingContext2D, { width, height }: Size, ratio: number): void {
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.clearRect(0, 0, width, height);
}

export function place(context: CanvasRenderingContext2D, { scale, x, y }: View, ratio: number): void {
	context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
}

interface Stroke {
	readonly colour: string;
	readonly width: number;
	readonly alpha: number;
	/** Moves the dashes of all lines, to show a direction. Undefined: each line has its own dashes. */
	readonly flowing?: number;
}

function strokeEdges(
	context: CanvasRenderingContext2D,
	paths: ReadonlyMap<How, Path2D>,
	stroke: Stroke,
): void {
	context.save();
	context.strokeStyle = stroke.colour;
	context.lineWidth = stroke.width;
	context.globalAlpha = stroke.alpha;
	for (const [how, path] of paths) {
		context.setLineDash(stroke.flowing === undefined ? [...DASHES[how]] : [8, 6]);
		context.lineDashOffset = stroke.flowing ?? 0;
		context.stroke(path);
	}
	context.restore();
}

/** All edges, quietly. Drawn once for each view. */
export function drawEdges(
	context: CanvasRenderingContext2D,
	{ graph, layout }: Scene,
	view: View,
	colours: Colours,
): void {
	// Many lines beside each other would be one dark area.
	const alpha = Math.max(0.25, Math.min(1, 60 / Math.sqrt(graph.edges.length + 1) / 2));
	const width = Math.max(1, 0.8 / view.scale);
	strokeEdges(context, pathsOf(graph.edges, layout), { colour: colours.edge, width, alpha });
}

/** The edges that stand out: of the chosen node, and of the change that is under way. */
function drawStrongEdges(
	context: CanvasRenderingContext2D,
	scene: Scene,
	colours: Colours,
	frame: Frame,
): void {
	const { graph, layout, changing, progress } = scene;
	const focus = scene.hovered ?? scene.selected;
	const width = Math.max(1.5, 1.2 / frame.view.scale);
	if (focus !== undefined) {
		const own = graph.edges.filter(
			(edge) => graph.functions[edge.function]?.id === focus || graph.secrets[edge.secret]?.id === focus,
		);
		strokeEdges(context, pathsOf(own, layout), { colour: colours.accent, width, alpha: 1 });
	}
	if (changing.size === 0) return;
	const running = graph.edges.filter((edge) => {
		const name = graph.functions[edge.function]?.name ?? "";
		return changing.has(graph.secrets[edge.secret]?.name ?? "") && isPending(progress.get(name));
	});
	strokeEdges(context, pathsOf(running, layout), {
		colour: colours.warn,
		width,
		alpha: 1,
		flowing: frame.phase,
	});
}

export interface Frame {
	readonly view: View;
	readonly size: Size;
	/** Grows with time, for what moves. */
	readonly phase: number;
}

interface Look {
	readonly fill: string;
	readonly outline: string;
	readonly dash: readonly number[];
	readonly sign: string;
	readonly signColour: string;
	/** As a bar; undefined: nothing is remarkable. */
	readonly bar?: string;
}

function functionLook({ entry, isDynamic }: FunctionNode, now: Progress | undefined, colours: Colours): Look {
	const { warn, bad, good, quiet, line } = colours;
	const plain = { fill: colours.surface, outline: line, dash: [], sign: "●", signColour: good };
	const base = isDynamic ? { ...plain, dash: [3, 2], outline: quiet, bar: warn } : plain;
	if (now?.phase === "planned") return { ...base, outline: warn, sign: "◌", signColour: warn, bar: warn };
	if (now?.phase === "starting") return { ...base, outline: warn, sign: "◔", signColour: warn, bar: warn };
	if (now?.phase === "failed" || entry.state === "failed")
		return { ...base, outline: bad, sign: "✕", signColour: bad, bar: bad };
	if (now !== undefined && entry.state === "live") return { ...base, outline: good, bar: good };
	return entry.state === "idle" ? { ...base, sign: "○", signColour: quiet } : base;
}

function secretLook({ presence, isUnread }: SecretNode, isChanging: boolean, colours: Colours): Look {
	const { warn, bad, quiet, edge, line } = colours;
	const plain = { fill: colours.surface, outline: line, dash: [], sign: "◆", signColour: colours.accent };
	if (presence === "missing")
		return { ...plain, outline: bad, dash: [4, 3], sign: "!", signColour: bad, bar: bad };
	if (presence === "pattern") return { ...plain, outline: quiet, dash: [2, 2], sign: "*", signColour: quiet };
	if (isChanging) return { ...plain, outline: warn, signColour: warn, bar: warn };
	return isUnread || presence === "unknown" ? { ...plain, sign: "◇", signColour: quiet, bar: edge } : plain;
}

/** Names cut to the width of a node. Measuring takes long, and names repeat. */
const cuts = new Map<string, string>();
const CUTS_MAX = 20_000;

function cut(context: CanvasRenderingContext2D, name: string, width: number, scale = 0): string {
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

function lookOf(node: GraphNode, { progress, changing }: Scene, colours: Colours): Look {
	return node.kind === "function"
		? functionLook(node, progress.get(node.name), colours)
		: secretLook(node, changing.has(node.name), colours);
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

/** The names of the chosen node and its neighbours, as large as a name must be, where the nodes are too small for it. */
function drawLabels(context: CanvasRenderingContext2D, drawing: Drawing, nodes: readonly Placed[]): void {
	const { scene, frame } = drawing;
	if (scene.selected === undefined || frame.view.scale >= TEXT_SCALE_MIN) return;
	context.globalAlpha = 1;
	context.font = `${12 / frame.view.scale}px system-ui, sans-serif`;
	const drawn: Point[] = [];
	const height = 16 / frame.view.scale;
	const isFree = ({ x, y }: Point) =>
		drawn.every(
			(other) => Math.abs(other.y - y) >= height || Math.abs(other.x - x) >= 150 / frame.view.scale,
		);
	const lit = nodes.filter(([{ id }]) => scene.lit?.has(id));
	const chosen = lit.filter(([{ id }]) => id === scene.selected);
	for (const [node, at] of [...chosen, ...lit].slice(0, LABELS_MAX)) {
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

type Placed = readonly [GraphNode, Point];

interface Drawing {
	readonly scene: Scene;
	readonly colours: Colours;
	readonly frame: Frame;
}

function placedNodes({ graph, layout }: Scene): Placed[] {
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

/** Everything besides the quiet edges: what changes while the reader looks. */
export function drawNodes(context: CanvasRenderingContext2D, drawing: Drawing): void {
	const { scene, colours, frame } = drawing;
	const { view, size } = frame;
	drawStrongEdges(context, scene, colours, frame);
	context.font = "12px system-ui, sans-serif";
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
