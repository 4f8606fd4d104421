/** Replaces values in output that arrives in pieces, also across the borders of pieces. A leaf. */
import { type Bucket, buildIndex, type Index, VALUE_LENGTH_MIN } from "./redact.ts";

/**
 * Replaces needles in a text that arrives in pieces. A needle is found across the borders of pieces: text that may be
 * the beginning of a needle is held back until it is known. Texts are bytes as latin1, so that other bytes pass
 * unchanged.
 */
export class StreamRedactor {
	readonly #makeNeedles: () => ReadonlyMap<string, string>;
	#made: (Index & { readonly heads: ReadonlySet<string> }) | undefined;
	#held = "";

	/** @param makeNeedles returns the replacement of each needle; it is called for the first piece */
	constructor(makeNeedles: () => ReadonlyMap<string, string>) {
		this.#makeNeedles = makeNeedles;
	}

	get #index() {
		if (this.#made) return this.#made;
		const index = buildIndex(this.#makeNeedles());
		const heads = new Set<string>();
		for (const prefix of index.buckets.keys())
			for (let length = 1; length < VALUE_LENGTH_MIN; length++) heads.add(prefix.slice(0, length));
		this.#made = { ...index, heads };
		return this.#made;
	}

	/** Takes a piece. @returns the text that is known now */
	push(piece: string): string {
		return this.#take(this.#held + piece, false);
	}

	/** @returns the rest of the text, after the last piece */
	end(): string {
		return this.#take(this.#held, true);
	}

	#take(text: string, isEnd: boolean): string {
		const { buckets, heads, prefixes } = this.#index;
		let out = "";
		let copied = 0;
		let at = 0;
		for (; at < text.length; ) {
			if (text.length - at < VALUE_LENGTH_MIN) {
				if (!isEnd && heads.has(text.slice(at))) break;
				at++;
				continue;
			}
			const bucket = prefixes.mayMatchAt(text, at) && buckets.get(text.slice(at, at + VALUE_LENGTH_MIN));
			if (!bucket) {
				at++;
				continue;
			}
			// A longer needle may still become complete.
			if (!isEnd && mayContinue(bucket, text, at)) break;
			const needle = longestAt(bucket, text, at);
			if (needle === undefined) {
				at++;
				continue;
			}
			out += text.slice(copied, at) + (bucket.replacements.get(needle) ?? "");
			at += needle.length;
			copied = at;
		}
		this.#held = text.slice(at);
		return out + text.slice(copied, at);
	}
}

/** Whether the rest of the text is the beginning of a longer needle. */
function mayContinue({ lengths, replacements }: Bucket, text: string, at: number): boolean {
	const [longest = 0] = lengths;
	const rest = text.length - at;
	if (longest <= rest) return false;
	const tail = text.slice(at);
	for (const needle of replacements.keys()) if (needle.length > rest && needle.startsWith(tail)) return true;
	return false;
}

function longestAt({ lengths, replacements }: Bucket, text: string, at: number): string | undefined {
	for (const length of lengths) {
		const candidate = text.slice(at, at + length);
		if (candidate.length === length && replacements.has(candidate)) return candidate;
	}
	return undefined;
}
