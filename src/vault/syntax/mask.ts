/** Masks values, for output that was not requested with `--reveal`. */

const SHOWN_CHARACTERS = 2;
const SHOWN_FROM_CHARACTERS = 16;

/** A letter, a digit, punctuation or a symbol. Control characters, spaces and combining marks are excluded. */
const VISIBLE = /^[\p{L}\p{N}\p{P}\p{S}]$/u;
/** Characters among these that are invisible or change the next one: fillers, emoji modifiers, halves of flags. */
const JOINING = /^[\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}\p{Regional_Indicator}]$/u;
/** The blocks of right-to-left scripts. One such character changes the order in which its neighbours are displayed. */
const RIGHT_TO_LEFT = /^[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]$/u;

/** Whether a terminal displays the character as itself, wherever it is in a line. */
function isPlain(character: string): boolean {
	return VISIBLE.test(character) && !JOINING.test(character) && !RIGHT_TO_LEFT.test(character);
}

/**
 * Returns `••••`, followed by the last two characters if the value has 16 or more. The length is never shown. If one of
 * the two characters is not plain, neither is shown, because such a character can move the cursor, combine with its
 * neighbour or hide text.
 */
export function maskValue(value: string): string {
	// A character has at most two UTF-16 units, so these slices of a long value are enough.
	const first = Array.from(value.slice(0, 2 * SHOWN_FROM_CHARACTERS));
	if (first.length < SHOWN_FROM_CHARACTERS) return "••••";
	const last = Array.from(value.slice(-2 * SHOWN_CHARACTERS)).slice(-SHOWN_CHARACTERS);
	return last.every(isPlain) ? `••••${last.join("")}` : "••••";
}
