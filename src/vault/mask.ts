/** What is shown of a value where it is not asked for by `--reveal`. */

const SHOWN_CHARACTERS = 2;
const SHOWN_FROM_CHARACTERS = 16;

/** `••••`, and the last two characters of a value of sixteen or more; never its length. */
export function maskValue(value: string): string {
	// A character is one or two units, so the ends of a long value tell as much as all of it.
	const first = Array.from(value.slice(0, 2 * SHOWN_FROM_CHARACTERS));
	if (first.length < SHOWN_FROM_CHARACTERS) return "••••";
	const last = Array.from(value.slice(-2 * SHOWN_CHARACTERS));
	return `••••${last.slice(-SHOWN_CHARACTERS).join("")}`;
}
