import { useEffect, useRef } from "preact/hooks";
import type { GraphNode } from "../graph.ts";
import { nodeAt, pointOf } from "../layout.ts";
import { listen } from "./gestures.ts";
import type { Scene } from "./scene.ts";
import { Surface } from "./surface.ts";
import { zoomed } from "./view.ts";

const ZOOM_STEP = 1.4;

interface GraphViewProps {
	readonly scene: Scene;
	readonly selected: GraphNode | undefined;
	readonly onSelect: (node: GraphNode | undefined) => void;
}

/** The map as a picture. The list beside it has the same for keyboards and screen readers. */
export function GraphView({ scene, selected, onSelect }: GraphViewProps) {
	const edges = useRef<HTMLCanvasElement>(null);
	const nodes = useRef<HTMLCanvasElement>(null);
	const surface = useRef<Surface>(null);
	const newest = useRef({ scene, onSelect });
	newest.current = { scene, onSelect };
	useEffect(() => {
		if (edges.current === null || nodes.current === null) return;
		const made = new Surface(edges.current, nodes.current);
		surface.current = made;
		const end = listen(nodes.current, made, watching(nodes.current, made, newest));
		return () => {
			end();
			made[Symbol.dispose]();
		};
	}, []);
	useEffect(() => surface.current?.show(scene), [scene]);
	useEffect(() => {
		const point = selected && pointOf(selected, scene.graph, scene.layout);
		if (point !== undefined) surface.current?.reveal(point);
	}, [selected?.id]);
	return (
		<div class="graph">
			<canvas ref={edges} class={scene.lit === undefined ? "" : "dim"} />
			<canvas ref={nodes} class="graph-nodes" />
			<ZoomButtons surface={() => surface.current} />
		</div>
	);
}

interface Newest {
	readonly current: { readonly scene: Scene; readonly onSelect: (node: GraphNode | undefined) => void };
}

/** Selects what is tapped, and lights what is below the pointer. */
function watching(canvas: HTMLCanvasElement, surface: Surface, newest: Newest) {
	return {
		onTap: (at: { x: number; y: number }) => {
			const { scene, onSelect } = newest.current;
			onSelect(nodeAt(at, scene.graph, scene.layout));
		},
		onHover: (at: { x: number; y: number } | undefined) => {
			const { scene } = newest.current;
			const hovered = at && nodeAt(at, scene.graph, scene.layout);
			canvas.style.cursor = hovered === undefined ? "" : "pointer";
			surface.show({ ...scene, hovered: hovered?.id });
		},
	};
}

function ZoomButtons({ surface }: { readonly surface: () => Surface | null }) {
	const zoom = (factor: number) => {
		const made = surface();
		made?.move(zoomed(made.view, factor, { x: made.size.width / 2, y: made.size.height / 2 }));
	};
	return (
		<div class="zoom">
			<button type="button" aria-label="Zoom in" onClick={() => zoom(ZOOM_STEP)}>
				+
			</button>
			<button type="button" aria-label="Zoom out" onClick={() => zoom(1 / ZOOM_STEP)}>
				−
			</button>
			<button type="button" onClick={() => surface()?.fit()}>
				Fit
			</button>
		</div>
	);
}
