/** Draws the edges of the map. */
import { isPending, type Progress } from "../../data/rollout.ts";
import type { Colours } from "../../shell/colours.ts";
import type { Edge, How } from "../graph.ts";
import { type Layout, NODE, type Point } from "../layout.ts";
import type { Frame, Scene } from "./scene.ts";
import type { Size, View } from "./view.ts";

const DASHES: Readonly<Record<How, readonly number[]>> = {
	static: [],
	declared: [10, 3],
	observed: [8, 3, 2, 3],
	prefix: [2, 3],
};
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
export function drawStrongEdges(
	context: CanvasRenderingContext2D,
	scene: Scene,
	colours: Colours,
	frame: Frame,
): void {
	const { graph, layout } = scene;
	const focus = scene.hovered ?? scene.selected;
	const width = Math.max(1.5, 1.2 / frame.view.scale);
	if (focus !== undefined) {
		const own = graph.edges.filter(
			(edge) => graph.functions[edge.function]?.id === focus || graph.secrets[edge.secret]?.id === focus,
		);
		strokeEdges(context, pathsOf(own, layout), { colour: colours.accent, width, alpha: 1 });
	}
	if (scene.changing.size > 0) drawChange(context, scene, colours, { ...frame, width });
}

/** How far the newest change is on its way to a function. */
function stageOf(now: Progress | undefined): "warn" | "good" | "bad" | undefined {
	if (now === undefined) return undefined;
	if (isPending(now)) return "warn";
	return now.phase === "failed" ? "bad" : "good";
}

/** The edges of a change: they flow while their functions wait and start, and then say how it went. */
function drawChange(
	context: CanvasRenderingContext2D,
	{ graph, layout, changing, progress }: Scene,
	colours: Colours,
	{ width, phase }: { readonly width: number; readonly phase: number },
): void {
	const own = graph.edges.filter((edge) => changing.has(graph.secrets[edge.secret]?.name ?? ""));
	for (const stage of ["good", "bad", "warn"] as const) {
		const edges = own.filter(
			(edge) => stageOf(progress.get(graph.functions[edge.function]?.name ?? "")) === stage,
		);
		const stroke = { colour: colours[stage], width, alpha: 1 };
		strokeEdges(context, pathsOf(edges, layout), stage === "warn" ? { ...stroke, flowing: phase } : stroke);
	}
}
