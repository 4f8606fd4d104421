/** What part of the map is shown: `screen = map × scale + offset`. Pure. */
import type { Point } from "../layout.ts";

export interface View {
	readonly scale: number;
	readonly x: number;
	readonly y: number;
}

export interface Size {
	readonly width: number;
	readonly height: number;
}

const SCALE = { min: 0.05, max: 3 } as const;
const MARGIN = 16;
/** The buttons are at the top. */
const TOP = 50;

/** Shows the whole map, no larger than its texts need. */
export function fitted(map: Size, screen: Size): View {
	const room = {
		width: Math.max(1, screen.width - 2 * MARGIN),
		height: Math.max(1, screen.height - TOP - MARGIN),
	};
	const scale = Math.max(SCALE.min, Math.min(1.2, room.width / map.width, room.height / map.height));
	return {
		scale,
		x: (screen.width - map.width * scale) / 2,
		y: TOP + (room.height - map.height * scale) / 2,
	};
}

/** Zooms, and keeps the map's point below a point of the screen where it is. */
export function zoomed(view: View, factor: number, at: Point): View {
	const scale = Math.min(SCALE.max, Math.max(SCALE.min, view.scale * factor));
	const ratio = scale / view.scale;
	return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
}

export const moved = (view: View, dx: number, dy: number): View => ({
	...view,
	x: view.x + dx,
	y: view.y + dy,
});

export const toMap = ({ scale, x, y }: View, point: Point): Point => ({
	x: (point.x - x) / scale,
	y: (point.y - y) / scale,
});

/** Moves as little as needed to show a point of the map. */
export function revealing(view: View, point: Point, screen: Size): View {
	const centre = { x: screen.width / 2, y: screen.height / 2 };
	const at = { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
	const edge = { x: Math.min(90, centre.x), y: Math.min(40, centre.y) };
	const isSeen =
		at.x >= edge.x && at.x <= screen.width - edge.x && at.y >= edge.y && at.y <= screen.height - edge.y;
	return isSeen ? view : moved(view, centre.x - at.x, centre.y - at.y);
}

/** The transformation that shows a picture of one view where another one has it, as CSS writes it. */
export function pictureTransform(drawn: View, shown: View): string {
	const ratio = shown.scale / drawn.scale;
	const x = shown.x - drawn.x * ratio;
	const y = shown.y - drawn.y * ratio;
	return `matrix(${ratio}, 0, 0, ${ratio}, ${x}, ${y})`;
}
