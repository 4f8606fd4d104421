/**
 * Takes injected values out of what a function prints. The one place for it: logs and start errors both
 * come through here, line by line.
 */

/** Shorter values would blank out half of every log, and are no secrets worth the name. */
const SHORTEST = 4;

export interface Redactor {
	/**
	 * The text with every value replaced by `[NAME]`. What begins at or after `limit` (in UTF-16 units) is
	 * cut off, and a value that lies across the limit is replaced whole.
	 */
	redact(text: string, limit: number): string;
	/** The length of the longest form of a value: how far past a limit a reader must look. */
	readonly longest: number;
}

/** The forms in which a value turns up in logs: as it is, escaped, encoded, and each line of a long one. */
function formsOf(value: string): string[] {
	const base64 = Buffer.from(value, "utf8").toString("base64").replace(/=+$/, "");
	return [
		value,
		...value.split(/\r?\n/),
		JSON.stringify(value).slice(1, -1),
		encodeURIComponent(value),
		base64,
		base64.replaceAll("+", "-").replaceAll("/", "_"),
		Buffer.from(value, "utf8").toString("hex"),
	];
}

/** Needle and replacement, in buckets by the needle's first characters, so that a line is walked once. */
type Index = { buckets: Map<string, [needle: string, replacement: string][]>; longest: number };

function buildIndex(environment: ReadonlyMap<string, string>, names: ReadonlyMap<string, string>): Index {
	const buckets: Index["buckets"] = new Map();
	let longest = 0;
	const add = (needle: string, replacement: string) => {
		if (needle.length < SHORTEST) return;
		const key = needle.slice(0, SHORTEST);
		const bucket = buckets.get(key) ?? [];
		bucket.push([needle, replacement]);
		buckets.set(key, bucket);
		longest = Math.max(longest, needle.length);
	};
	for (const [name, value] of environment) {
		if (value.length < SHORTEST) continue;
		for (const form of new Set(formsOf(value))) add(form, `[${name}]`);
	}
	for (const [text, replacement] of names) add(text, replacement);
	for (const bucket of buckets.values()) bucket.sort((a, b) => b[0].length - a[0].length);
	return { buckets, longest };
}

/**
 * @param environment the injected values
 * @param names further texts and what to print in their place
 */
export function createRedactor(
	environment: ReadonlyMap<string, string>,
	names: ReadonlyMap<string, string> = new Map(),
): Redactor {
	// A copy, since the caller may well empty its own once the function has started.
	const values = new Map(environment);
	let index: Index | undefined;
	/** Made for the first line: most functions write none, and ten thousand values take their time. */
	const indexed = () => {
		index ??= buildIndex(values, names);
		return index;
	};
	const redact = (text: string, limit: number): string => {
		const { buckets } = indexed();
		const end = Math.min(text.length, limit);
		let out = "";
		let copied = 0;
		for (let at = 0; at < end; ) {
			const bucket = buckets.get(text.slice(at, at + SHORTEST));
			const match = bucket?.find(([needle]) => text.startsWith(needle, at));
			if (match === undefined) {
				at++;
				continue;
			}
			out += text.slice(copied, at) + match[1];
			at += match[0].length;
			copied = at;
		}
		return copied < end ? out + text.slice(copied, end) : out;
	};
	return {
		redact,
		get longest() {
			return indexed().longest;
		},
	};
}
