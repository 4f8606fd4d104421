/** The mutations `sum`, `min` and `max`. */
import { KvError } from "./kv-error.ts";
import { ENCODING, type KvValue } from "./kv-messages.ts";

const U64_BYTES = 8;
const U64_MASK = (1n << 64n) - 1n;

/**
 * The value of a key after a mutation.
 * @param row the current value; undefined if there is none
 * @throws KvError as Deno for values that are not `Deno.KvU64`
 */
export function combine(
	row: { readonly v: ArrayBuffer; readonly encoding: number } | undefined,
	type: "sum" | "min" | "max",
	[encoding, bytes]: KvValue,
): KvValue {
	if (encoding !== ENCODING.le64)
		throw new KvError(
			type === "sum"
				? "The platform can only sum values of the type Deno.KvU64"
				: `Failed to perform '${type}' mutation on a non-U64 operand`,
		);
	if (row === undefined) return [encoding, bytes];
	if (row.encoding !== ENCODING.le64)
		throw new KvError(`Failed to perform '${type}' mutation on a non-U64 value in the database`);
	const old = Buffer.from(row.v).readBigUInt64LE();
	const operand = bytes.readBigUInt64LE();
	const isOperand = type === "min" ? operand < old : operand > old;
	const output = Buffer.alloc(U64_BYTES);
	output.writeBigUInt64LE(type === "sum" ? (old + operand) & U64_MASK : isOperand ? operand : old);
	return [encoding, output];
}
