/** `Deno.KvListIterator`: reads a list in batches (`ext/kv/01_db.ts` of Deno 2.9). */
import type { Database, Entry } from "./kv-database.ts";
import { cursorOf, rangeOf, type Selector } from "./kv-ranges.ts";

export interface ListOptions {
	readonly limit?: number;
	readonly batchSize?: number;
	readonly cursor?: string;
	readonly reverse?: boolean;
	readonly consistency?: string;
}

const BATCH_SIZE = 100;
const BATCH_SIZE_MAX = 500;

const AsyncIteratorPrototype = Object.getPrototypeOf(
	Object.getPrototypeOf(async function* () {}.prototype),
) as { constructor: new () => object };

function isCount(value: number): boolean {
	return Number.isInteger(value) && value > 0;
}

/** Checks a selector, and copies its keys. */
function readSelector({ prefix, start, end }: Selector): Selector {
	// A text becomes a list of its characters, as with Deno.
	const copy = (key: Selector["prefix"]) => key && Object.freeze(Array.prototype.slice.call(key));
	if (prefix) {
		if (start && end)
			throw new TypeError("Selector can not specify both 'start' and 'end' key when specifying 'prefix'");
		return { prefix: copy(prefix), ...(start ? { start: copy(start) } : end ? { end: copy(end) } : {}) };
	}
	if (start && end) return { start: copy(start), end: copy(end) };
	throw new TypeError("Selector must specify either 'prefix' or both 'start' and 'end' key");
}

/** @throws Error for a size that is not a positive integer */
function batchSizeOf({ batchSize, limit }: ListOptions): number {
	if (limit !== undefined && !isCount(limit))
		throw new Error(`Limit must be a positive integer: received ${limit}`);
	const size = batchSize ?? limit ?? BATCH_SIZE;
	if (!isCount(size)) throw new Error(`batchSize must be a positive integer: received ${size}`);
	return batchSize === undefined ? Math.min(size, BATCH_SIZE_MAX) : size;
}

export class KvListIterator extends AsyncIteratorPrototype.constructor {
	readonly #database: Database;
	readonly #selector: Selector;
	readonly #limit: number | undefined;
	readonly #isReverse: boolean;
	readonly #batchSize: number;
	/** The entries that are read and not returned yet, the next one last. */
	#entries: Entry[] = [];
	#cursor: (() => string) | undefined;
	#isDone = false;
	#isLastBatch = false;
	#count = 0;

	constructor(database: Database, selector: Selector, options: ListOptions) {
		super();
		this.#database = database;
		this.#batchSize = batchSizeOf(options);
		this.#selector = readSelector(selector);
		this.#limit = options.limit;
		this.#isReverse = options.reverse ?? false;
		const { cursor } = options;
		if (cursor) this.#cursor = () => cursor;
	}

	get cursor(): string {
		if (this.#cursor === undefined) throw new Error("Cannot get cursor before first iteration");
		return this.#cursor();
	}

	async next(): Promise<IteratorResult<Entry, undefined>> {
		if (this.#isDone || (this.#limit !== undefined && this.#count >= this.#limit))
			return { done: true, value: undefined };
		if (this.#entries.length === 0 && !this.#isLastBatch) await this.#pull();
		const entry = this.#entries.pop();
		if (entry === undefined) {
			this.#isDone = true;
			this.#cursor = () => "";
			return { done: true, value: undefined };
		}
		this.#cursor = () => cursorOf(this.#selector, entry.key);
		this.#count++;
		return { done: false, value: entry };
	}

	async #pull(): Promise<void> {
		const range = rangeOf(this.#selector, this.#isReverse, this.#cursor?.());
		const [batch = []] = await this.#database.read([
			{ ...range, limit: this.#batchSize, isReverse: this.#isReverse },
		]);
		this.#entries = batch.reverse();
		if (batch.length < this.#batchSize) this.#isLastBatch = true;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
