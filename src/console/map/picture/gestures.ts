/** What pointers do on the map: drag, pinch, wheel, tap. */
import type { Point } from "../layout.ts";
import type { Surface } from "./surface.ts";
import { moved, toMap, type View, zoomed } from "./view.ts";

/** Pixels that a tap may move. */
const TAP_MAX = 5;
const WHEEL_STEP = 0.0016;

export interface GestureEvents {
	/** In the map's own coordinates. */
	readonly onTap: (at: Point) => void;
	readonly onHover: (at: Point | undefined) => void;
}

class Gestures {
	readonly #surface: Surface;
	readonly #events: GestureEvents;
	readonly #pointers = new Map<number, Point>();
	#travelled = 0;

	constructor(surface: Surface, events: GestureEvents) {
		this.#surface = surface;
		this.#events = events;
	}

	down(event: PointerEvent): void {
		(event.currentTarget as Element).setPointerCapture(event.pointerId);
		if (this.#pointers.size === 0) this.#travelled = 0;
		this.#pointers.set(event.pointerId, pointOf(event));
	}

	move(event: PointerEvent): void {
		const at = pointOf(event);
		const before = this.#pointers.get(event.pointerId);
		if (before === undefined) this.#events.onHover(toMap(this.#surface.view, at));
		else this.#drag(event.pointerId, before, at);
	}

	/** One pointer moves the map, two also zoom. */
	#drag(id: number, before: Point, at: Point): void {
		const other = [...this.#pointers].find(([each]) => each !== id)?.[1];
		this.#travelled += Math.hypot(at.x - before.x, at.y - before.y);
		this.#pointers.set(id, at);
		if (this.#travelled <= TAP_MAX) return;
		const { view } = this.#surface;
		if (other === undefined) this.#surface.move(moved(view, at.x - before.x, at.y - before.y));
		else this.#surface.move(pinched(view, other, before, at));
	}

	up(event: PointerEvent): void {
		const wasDown = this.#pointers.delete(event.pointerId);
		if (wasDown && this.#travelled <= TAP_MAX) this.#events.onTap(toMap(this.#surface.view, pointOf(event)));
	}

	cancel(event: PointerEvent): void {
		this.#pointers.delete(event.pointerId);
	}

	wheel(event: WheelEvent): void {
		event.preventDefault();
		const factor = Math.exp(-event.deltaY * WHEEL_STEP * (event.deltaMode === 1 ? 16 : 1));
		this.#surface.move(zoomed(this.#surface.view, factor, pointOf(event)));
	}

	leave(): void {
		this.#events.onHover(undefined);
	}
}

/** The view after one of two pointers has moved. */
function pinched(view: View, other: Point, before: Point, at: Point): View {
	const factor = distance(at, other) / Math.max(1, distance(before, other));
	return zoomed(view, factor, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const pointOf = ({ offsetX, offsetY }: MouseEvent): Point => ({ x: offsetX, y: offsetY });

/** Listens on an element that covers the surface. @returns ends it */
export function listen(element: HTMLElement, surface: Surface, events: GestureEvents): () => void {
	const gestures = new Gestures(surface, events);
	const ending = new AbortController();
	const { signal } = ending;
	element.addEventListener("pointerdown", (event) => gestures.down(event), { signal });
	element.addEventListener("pointermove", (event) => gestures.move(event), { signal });
	element.addEventListener("pointerup", (event) => gestures.up(event), { signal });
	element.addEventListener("pointercancel", (event) => gestures.cancel(event), { signal });
	element.addEventListener("pointerleave", () => gestures.leave(), { signal });
	element.addEventListener("wheel", (event) => gestures.wheel(event), { signal, passive: false });
	return () => ending.abort();
}
