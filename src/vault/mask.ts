/** What is shown of a value where it is not asked for by `--reveal`. */

const SHOWN_CHARACTERS = 2;
const SHOWN_FROM_CHARACTERS = 16;

/** `••••`, and the last two characters of a value of sixteen or more; never its length. */
export function maskValue(value: string): string {
	const characters = Array.from(value);
	return characters.length < SHOWN_FROM_CHARACTERS
		? "••••"
		: `••••${characters.slice(-SHOWN_CHARACTERS).join("")}`;
}
