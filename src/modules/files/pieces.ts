/** Compares strings with patterns that have unknown parts. Pure. */

/**
 * Whether a text consists of the known parts in order, with any text for the unknown parts. The search never backtracks,
 * so its time is linear in the number of parts.
 * @param pieces undefined for an unknown part
 */
export function matchesPieces(text: string, pieces: readonly (string | undefined)[]): boolean {
	let at = 0;
	let isOpen = false;
	for (const [index, piece] of pieces.entries()) {
		if (piece === undefined) {
			isOpen = true;
			continue;
		}
		const isLast = index === pieces.length - 1;
		const found = isLast && isOpen ? Math.max(at, text.length - piece.length) : text.indexOf(piece, at);
		if (found < at || !text.startsWith(piece, found) || (!isOpen && found !== at)) return false;
		at = found + piece.length;
		isOpen = false;
	}
	return isOpen || at === text.length;
}
