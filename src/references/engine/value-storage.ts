/** How values and sets of values are kept in memory. */

/** The fields of every kind of value. Those that a kind does not have are undefined. */
interface AnyShape {
	readonly kind?: unknown;
	readonly text?: unknown;
	readonly numeric?: unknown;
	readonly why?: unknown;
	readonly prefix?: unknown;
	readonly source?: unknown;
	readonly flags?: unknown;
	readonly object?: unknown;
	readonly api?: unknown;
	readonly name?: unknown;
	readonly receiver?: unknown;
}

interface Identity {
	readonly key: unknown;
	readonly shapeKey: unknown;
	readonly context: unknown;
	readonly reportAt: unknown;
}

/**
 * Makes an object with the fields of a shape and those that identify it. All objects have the same fields in the same
 * order, whatever kind of value they are, since V8 reads and copies such objects several times as fast.
 */
export function withAllFields(shape: AnyShape, { context, key, reportAt, shapeKey }: Identity): unknown {
	const { api, flags, kind, name, numeric, object, prefix, receiver, source, text, why } = shape;
	return {
		kind,
		text,
		numeric,
		why,
		prefix,
		source,
		flags,
		object,
		api,
		name,
		receiver,
		key,
		shapeKey,
		context,
		reportAt,
	};
}

/** Up to this size a list is searched faster than a map, and takes less memory. */
const LIST_MAX = 8;

/**
 * A set of items with keys that only grows, and the other sets that include it. Most sets have no item or one, so the
 * parts of a set are created when they are needed.
 */
export class GrowingSet<Item extends { readonly key: string }> {
	#list: Item[] | undefined;
	/** The keys of the items, once they are many. */
	#keys: Set<string> | undefined;
	#includedIn: object[] | undefined;
	/** The sets that include this one, once they are many. */
	#manyIncludedIn: Set<object> | undefined;

	get size(): number {
		return this.#list === undefined ? 0 : this.#list.length;
	}

	/** The items, in the order in which they were added. */
	get list(): readonly Item[] {
		return this.#list ?? [];
	}

	/** Whether the set has an item with a key. */
	has(key: string): boolean {
		if (this.#keys !== undefined) return this.#keys.has(key);
		const list = this.#list;
		if (list === undefined) return false;
		for (let index = 0; index < list.length; index++) if (list[index]?.key === key) return true;
		return false;
	}

	/** Adds an item that is not in the set. */
	put(item: Item) {
		if (this.#list === undefined) {
			this.#list = [item];
			return;
		}
		this.#list.push(item);
		if (this.#keys !== undefined) this.#keys.add(item.key);
		else if (this.#list.length > LIST_MAX) this.#keys = new Set(this.#list.map(({ key }) => key));
	}

	/** Notes that another set includes this one. @returns false where that was known */
	noteInclusion(into: object): boolean {
		if (this.#manyIncludedIn !== undefined) {
			if (this.#manyIncludedIn.has(into)) return false;
			this.#manyIncludedIn.add(into);
		} else if (this.#includedIn === undefined) this.#includedIn = [into];
		else if (this.#includedIn.includes(into)) return false;
		else if (this.#includedIn.push(into) > LIST_MAX) this.#manyIncludedIn = new Set(this.#includedIn);
		return true;
	}
}
