/** The two canvases of the map: one with the edges, which is moved as a picture, and one with the nodes. */
import { isPending } from "../../data/rollout.ts";
import { type Colours, onColourChange, readColours, wantsStill } from "../../shell/colours.ts";
import type { Point } from "../layout.ts";
import { clear, drawEdges, place } from "./edges.ts";
import { drawNodes } from "./nodes.ts";
import type { Scene } from "./scene.ts";
import { fitted, pictureTransform, revealing, type Size, type View } from "./view.ts";

/** How long a view rests before its edges are drawn anew. */
const REST_MS = 90;

export class Surface implements Disposable {
	readonly #edges: HTMLCanvasElement;
	readonly #nodes: HTMLCanvasElement;
	readonly #endings: (() => void)[] = [];
	#scene: Scene | undefined;
	#view: View = { scale: 1, x: 0, y: 0 };
	/** The view of which the canvas of edges has a picture. */
	#picture: View = this.#view;
	#size: Size = { width: 0, height: 0 };
	#colours: Colours = readColours();
	#frame = 0;
	#rest: ReturnType<typeof setTimeout> | undefined;
	/** Whether the reader has chosen a part of the map. Otherwise all of it stays in view. */
	#isMoved = false;

	constructor(edges: HTMLCanvasElement, nodes: HTMLCanvasElement) {
		this.#edges = edges;
		this.#nodes = nodes;
		const observer = new ResizeObserver(() => this.#resize());
		observer.observe(nodes);
		this.#endings.push(
			() => observer.disconnect(),
			onColourChange(() => {
				this.#colours = readColours();
				this.#redraw();
			}),
		);
		this.#resize();
	}

	get view(): View {
		return this.#view;
	}

	get size(): Size {
		return this.#size;
	}

	/** Shows another scene, or another state of it. */
	show(scene: Scene): void {
		const hasOtherNodes = scene.layout !== this.#scene?.layout;
		this.#scene = scene;
		if (hasOtherNodes && !this.#isMoved) this.#view = fitted(scene.layout, this.#size);
		if (hasOtherNodes) this.#redraw();
		else this.#schedule();
	}

	/** Makes sure that a point of the map is seen. Nothing is hidden while all of the map is in view. */
	reveal(point: Point): void {
		const view = this.#isMoved ? revealing(this.#view, point, this.#size) : this.#view;
		if (view !== this.#view) this.move(view);
	}

	/** Shows another part of the map. */
	move(view: View): void {
		this.#isMoved = true;
		this.#view = view;
		this.#edges.style.transform = pictureTransform(this.#picture, view);
		clearTimeout(this.#rest);
		this.#rest = setTimeout(() => this.#redraw(), REST_MS);
		this.#schedule();
	}

	/** Shows the whole map again. */
	fit(): void {
		this.#isMoved = false;
		if (this.#scene !== undefined) this.#view = fitted(this.#scene.layout, this.#size);
		this.#redraw();
	}

	[Symbol.dispose](): void {
		cancelAnimationFrame(this.#frame);
		clearTimeout(this.#rest);
		for (const end of this.#endings) end();
	}

	#resize(): void {
		const { clientWidth: width, clientHeight: height } = this.#nodes;
		this.#size = { width, height };
		for (const canvas of [this.#edges, this.#nodes]) {
			canvas.width = Math.round(width * devicePixelRatio);
			canvas.height = Math.round(height * devicePixelRatio);
		}
		if (!this.#isMoved && this.#scene !== undefined) this.#view = fitted(this.#scene.layout, this.#size);
		this.#redraw();
	}

	/** Draws the edges for the present view, and everything else. */
	#redraw(): void {
		const context = this.#edges.getContext("2d");
		if (this.#scene === undefined || context === null) return;
		this.#picture = this.#view;
		this.#edges.style.transform = "";
		clear(context, this.#size, devicePixelRatio);
		place(context, this.#view, devicePixelRatio);
		drawEdges(context, this.#scene, this.#view, this.#colours);
		this.#schedule();
	}

	#schedule(): void {
		cancelAnimationFrame(this.#frame);
		this.#frame = requestAnimationFrame((timeMs) => this.#draw(timeMs));
	}

	#draw(timeMs: number): void {
		const context = this.#nodes.getContext("2d");
		if (this.#scene === undefined || context === null) return;
		const isStill = wantsStill();
		const frame = { view: this.#view, size: this.#size, phase: isStill ? 0 : timeMs / 30 };
		clear(context, this.#size, devicePixelRatio);
		place(context, this.#view, devicePixelRatio);
		drawNodes(context, { scene: this.#scene, colours: this.#colours, frame });
		if (!isStill && [...this.#scene.progress.values()].some(isPending)) this.#schedule();
	}
}
