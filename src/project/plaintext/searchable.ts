/** Decides which values are worth a search. Pure. */

/** A secret whose value must not be in a file in the clear. */
export interface LiveSecret {
	readonly environment: string;
	readonly name: string;
	readonly value: string;
	/** The folder of its vault, from the top of the repository; undefined if there is no other vault. */
	readonly vault?: string | undefined;
}

/** Values of this length are searched for. Shorter ones occur by chance: `true`, `production`, a host name. */
const CHARACTERS = 16;
/** Values of this length are searched for if they look generated. No shorter ones are: `3000`, `postgres`. */
const CHARACTERS_MIN = 8;
/** `us-east-1`, `localhost:3000` and `gpt-4o-mini` change at most twice, a random password of ten characters five to six times. */
const CHANGES_MIN = 4;
/** A value of fewer different characters, such as sixteen zeros, is in many binary files. */
const DISTINCT_MIN = 5;

const KINDS = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u];

/** How often capitals, small letters and digits take turns. Other characters do not count. */
function changesOf(characters: readonly string[]): number {
	const kinds = characters
		.map((one) => KINDS.findIndex((kind) => kind.test(one)))
		.filter((kind) => kind >= 0);
	return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
}

/** The part of a value that is searched for: editors and shells add and remove line ends. */
export function searchedPart(value: string): string {
	return value.trim();
}

/** Whether to search for a value: it is long, or looks generated, so that it is not in a file by chance. */
export function isSearchable(value: string): boolean {
	const characters = Array.from(searchedPart(value));
	if (new Set(characters).size < DISTINCT_MIN) return false;
	if (characters.length >= CHARACTERS) return true;
	return characters.length >= CHARACTERS_MIN && changesOf(characters) >= CHANGES_MIN;
}
