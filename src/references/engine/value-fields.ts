/** The fields of the objects that stand for values. */

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
