/** Which rows or columns of something long are drawn. Pure. */

export interface Span {
	readonly first: number;
	/** Behind the last one. */
	readonly end: number;
}

/**
 * The items that a scrolled box shows.
 * @param spare items more on each side, so that a scroll by a little shows no gap
 */
export function visibleSpan(
	scrolled: number,
	room: number,
	itemSize: number,
	count: number,
	spare = 6,
): Span {
	const first = Math.max(0, Math.min(count, Math.floor(scrolled / itemSize)) - spare);
	const end = Math.min(count, Math.ceil((scrolled + room) / itemSize) + spare);
	return { first, end: Math.max(first, end) };
}

/** Where to scroll so that an item is seen; the same place if it is. */
export function scrollFor(index: number, scrolled: number, room: number, itemSize: number): number {
	const [top, bottom] = [index * itemSize, (index + 1) * itemSize];
	if (top < scrolled) return top;
	return bottom > scrolled + room ? bottom - room : scrolled;
}
