/**
 * Takes injected values out of what a function prints. The one place for it: logs and start errors both
 * come through here, line by line.
 */

/** Shorter values would blank out half of every log, and are no secrets worth the name. */
const SHORTEST = 4;
/**
 * How many characters may be compared for one line. An honest line needs a few times its own length; a line that is made
 * to resemble many values without being one would take seconds.
 */
const COMPARED_MAX = 512 * 1024;
const UNREADABLE_MARK = " … (cut: it resembles too many of the function's secrets)";

export interface Redactor {
	/**
	 * The text with every value replaced by `[NAME]`. What begins at or after `limit` (in UTF-16 units) is
	 * cut off, and a value that lies across the limit is replaced whole.
	 */
	redact(text: string, limit: number): string;
	/** The length of the longest form of a value: how far past a limit a reader must look. */
	readonly longest: number;
	/** How many characters were compared with values so far: what redaction costs beside one look at each character. */
	readonly compared: number;
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

/** Which beginnings there are, as a set of bits by hash (a Bloom filter): whatever is not in it need not be looked up. */
class Beginnings {
	readonly #bits: Uint32Array;
	readonly #mask: number;

	constructor(keys: ReadonlyMap<string, unknown>) {
		const size = 2 ** Math.ceil(Math.log2(1024 + keys.size * 16));
		this.#bits = new Uint32Array(size / 32);
		this.#mask = size - 1;
		for (const key of keys.keys()) {
			const bit = this.#bitOf(key, 0);
			this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
		}
	}

	/** Whether a needle may begin there. */
	mayBeginAt(text: string, at: number): boolean {
		const bit = this.#bitOf(text, at);
		return (((this.#bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
	}

	#bitOf(text: string, at: number): number {
		let hash = 0;
		for (let index = at; index < at + SHORTEST; index++)
			hash = Math.imul(hash ^ text.charCodeAt(index), 0x9e3779b1);
		return (hash ^ (hash >>> 15)) & this.#mask;
	}
}

/** Needles that begin with the same characters: what each is replaced by, and which lengths there are, longest first. */
interface Bucket {
	readonly replacements: Map<string, string>;
	lengths: number[];
}

interface Index {
	readonly buckets: ReadonlyMap<string, Bucket>;
	readonly beginnings: Beginnings;
	readonly longest: number;
}

function buildIndex(environment: ReadonlyMap<string, string>, names: ReadonlyMap<string, string>): Index {
	const buckets = new Map<string, Bucket>();
	let longest = 0;
	const add = (needle: string, replacement: string) => {
		if (needle.length < SHORTEST) return;
		const key = needle.slice(0, SHORTEST);
		const bucket = buckets.get(key) ?? { replacements: new Map(), lengths: [] };
		buckets.set(key, bucket);
		if (!bucket.replacements.has(needle)) bucket.replacements.set(needle, replacement);
		longest = Math.max(longest, needle.length);
	};
	for (const [name, value] of environment) {
		if (value.length < SHORTEST) continue;
		for (const form of new Set(formsOf(value))) add(form, `[${name}]`);
	}
	for (const [text, replacement] of names) add(text, replacement);
	for (const bucket of buckets.values()) {
		const lengths = new Set([...bucket.replacements.keys()].map((needle) => needle.length));
		bucket.lengths = [...lengths].sort((a, b) => b - a);
	}
	return { buckets, beginnings: new Beginnings(buckets), longest };
}

class ValueRedactor implements Redactor {
	compared = 0;
	readonly #makeIndex: () => Index;
	#made: Index | undefined;

	constructor(makeIndex: () => Index) {
		this.#makeIndex = makeIndex;
	}

	/** Made for the first line: most functions write none, and ten thousand values take their time. */
	get #index(): Index {
		this.#made ??= this.#makeIndex();
		return this.#made;
	}

	get longest(): number {
		return this.#index.longest;
	}

	redact(text: string, limit: number): string {
		const { beginnings, buckets } = this.#index;
		const end = Math.min(text.length, limit);
		const comparedMax = this.compared + COMPARED_MAX;
		let out = "";
		let copied = 0;
		for (let at = 0; at < end; ) {
			const bucket = beginnings.mayBeginAt(text, at) && buckets.get(text.slice(at, at + SHORTEST));
			const needle = bucket ? this.#needleAt(bucket, text, at, comparedMax) : undefined;
			if (this.compared > comparedMax) return out + text.slice(copied, at) + UNREADABLE_MARK;
			if (!bucket || needle === undefined) {
				at++;
				continue;
			}
			out += text.slice(copied, at) + (bucket.replacements.get(needle) ?? "");
			at += needle.length;
			copied = at;
		}
		return copied < end ? out + text.slice(copied, end) : out;
	}

	/** The longest needle of a bucket that the text has there; undefined too where more than `comparedMax` were compared. */
	#needleAt(bucket: Bucket, text: string, at: number, comparedMax: number): string | undefined {
		for (const length of bucket.lengths) {
			if (at + length > text.length) continue;
			this.compared += length;
			if (this.compared > comparedMax) return undefined;
			const candidate = text.slice(at, at + length);
			if (bucket.replacements.has(candidate)) return candidate;
		}
		return undefined;
	}
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
	return new ValueRedactor(() => buildIndex(values, names));
}
