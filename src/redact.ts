/**
 * Replaces injected values in output. A leaf. The output of functions passes through `createRedactor`, line by line; the
 * output of a command of `coffer run` passes through `redact-stream.ts`, in pieces of any size.
 */
import { replacedForms } from "./value-forms.ts";

/** Shorter values are not redacted: they occur by chance in every log, and are too short to be secure secrets. */
export const VALUE_LENGTH_MIN = 4;
/**
 * The most characters that are compared for one line. An ordinary line needs a few times its own length. A line
 * that is crafted to resemble many values without containing one could take seconds.
 */
const COMPARED_MAX = 512 * 1024;
const UNREADABLE_MARK = " … (cut: it resembles too many of the function's secrets)";

export interface Redactor {
	/**
	 * The text with every value replaced by `[NAME]`. Text after `limit` (in UTF-16 code units) is cut off. A
	 * value that begins before the limit and ends after it is replaced as a whole.
	 */
	redact(text: string, limit: number): string;
	/** The length of the longest form of a value. A reader needs this many characters beyond a limit. */
	readonly longest: number;
	/**
	 * The number of characters that have been compared with values so far. This is the cost of redaction beyond one look
	 * at each character.
	 */
	readonly compared: number;
}

/** The prefixes of all needles, as a Bloom filter. A prefix that is not in it need not be looked up. */
class PrefixFilter {
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

	/** Whether a needle may begin at this position. */
	mayMatchAt(text: string, at: number): boolean {
		const bit = this.#bitOf(text, at);
		return (((this.#bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
	}

	#bitOf(text: string, at: number): number {
		let hash = 0;
		for (let index = at; index < at + VALUE_LENGTH_MIN; index++)
			hash = Math.imul(hash ^ text.charCodeAt(index), 0x9e3779b1);
		return (hash ^ (hash >>> 15)) & this.#mask;
	}
}

/** The needles with the same prefix: the replacement of each, and their lengths, longest first. */
export interface Bucket {
	readonly replacements: Map<string, string>;
	lengths: number[];
}

export interface Index {
	readonly buckets: ReadonlyMap<string, Bucket>;
	readonly prefixes: PrefixFilter;
	readonly longest: number;
}

/** @returns the replacement of each needle; the first of two for the same needle counts */
function needlesOf(environment: ReadonlyMap<string, string>): Map<string, string> {
	const needles = new Map<string, string>();
	for (const [name, value] of environment) {
		if (value.length < VALUE_LENGTH_MIN) continue;
		for (const form of replacedForms(value)) if (!needles.has(form)) needles.set(form, `[${name}]`);
	}
	return needles;
}

/** @param needles the replacement of each text that is to be replaced. Shorter ones are ignored */
export function buildIndex(needles: ReadonlyMap<string, string>): Index {
	const buckets = new Map<string, Bucket>();
	let longest = 0;
	const add = (needle: string, replacement: string) => {
		if (needle.length < VALUE_LENGTH_MIN) return;
		const key = needle.slice(0, VALUE_LENGTH_MIN);
		const bucket = buckets.get(key) ?? { replacements: new Map(), lengths: [] };
		buckets.set(key, bucket);
		bucket.replacements.set(needle, replacement);
		longest = Math.max(longest, needle.length);
	};
	for (const [needle, replacement] of needles) add(needle, replacement);
	for (const bucket of buckets.values()) {
		const lengths = new Set([...bucket.replacements.keys()].map((needle) => needle.length));
		bucket.lengths = [...lengths].sort((a, b) => b - a);
	}
	return { buckets, prefixes: new PrefixFilter(buckets), longest };
}

class ValueRedactor implements Redactor {
	compared = 0;
	readonly #makeIndex: () => Index;
	#made: Index | undefined;

	constructor(makeIndex: () => Index) {
		this.#makeIndex = makeIndex;
	}

	/** Built for the first line, because indexing ten thousand values takes time and most functions write no lines. */
	get #index(): Index {
		this.#made ??= this.#makeIndex();
		return this.#made;
	}

	get longest(): number {
		return this.#index.longest;
	}

	redact(text: string, limit: number): string {
		const { prefixes, buckets } = this.#index;
		const end = Math.min(text.length, limit);
		const comparedMax = this.compared + COMPARED_MAX;
		let out = "";
		let copied = 0;
		for (let at = 0; at < end; ) {
			const bucket = prefixes.mayMatchAt(text, at) && buckets.get(text.slice(at, at + VALUE_LENGTH_MIN));
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

	/**
	 * The longest needle of a bucket at this position; also undefined if more than `comparedMax` characters
	 * were compared.
	 */
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
 * Creates a redactor.
 * @param environment the injected values by the names of their variables
 * @param names further texts, with their replacements
 */
export function createRedactor(
	environment: ReadonlyMap<string, string>,
	names: ReadonlyMap<string, string> = new Map(),
): Redactor {
	// A copy, because the caller may clear its own map once the function has started.
	const values = new Map(environment);
	return new ValueRedactor(() => buildIndex(new Map([...names, ...needlesOf(values)])));
}
