/** What is shown of a value where it is not asked for by `--reveal`. */

const SHOWN_CHARACTERS = 2;
const SHOWN_FROM_CHARACTERS = 16;

/** Of text: a letter, a digit, a punctuation mark or a symbol. No control, no blank, and no mark that joins the character before. */
const VISIBLE = /^[\p{L}\p{N}\p{P}\p{S}]$/u;
/** Of those, what shows as nothing or changes its neighbour: fillers, emoji modifiers, halves of flags. */
const JOINING = /^[\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}\p{Regional_Indicator}]$/u;
/** The blocks of scripts that are written from right to left: one such character turns round what stands beside it. */
const RIGHT_TO_LEFT = /^[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]$/u;

/** Whether a character shows as itself, alone, wherever it stands in a line. */
function isPlain(character: string): boolean {
	return VISIBLE.test(character) && !JOINING.test(character) && !RIGHT_TO_LEFT.test(character);
}

/**
 * `••••`, and the last two characters of a value of sixteen or more; never its length. Where either of the two does not
 * show plainly as itself, neither is shown: a value may hold what moves a cursor, joins its neighbour or hides text.
 */
export function maskValue(value: string): string {
	// A character is one or two units, so the ends of a long value tell as much as all of it.
	const first = Array.from(value.slice(0, 2 * SHOWN_FROM_CHARACTERS));
	if (first.length < SHOWN_FROM_CHARACTERS) return "••••";
	const last = Array.from(value.slice(-2 * SHOWN_CHARACTERS)).slice(-SHOWN_CHARACTERS);
	return last.every(isPlain) ? `••••${last.join("")}` : "••••";
}
