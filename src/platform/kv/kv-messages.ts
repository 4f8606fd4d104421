/**
 * The messages between the host in a function's process and the thread of the stores. Each is a frame: the length of a
 * JSON text in UTF-8 as four bytes, the least significant first, and the text. Bytes are in url-safe base 64 without padding. A
 * function can write to the connection, so every request is checked here.
 */
import * as z from "zod";
import { fromBase64 } from "../../crypto.ts";
import {
	CHECKS_MAX,
	ENTRIES_MAX,
	KEY_BYTES_MAX,
	MUTATIONS_MAX,
	RANGES_MAX,
	READ_KEY_BYTES_MAX,
	VALUE_BYTES_MAX,
	WATCHED_KEYS_MAX,
} from "./kv-limits.ts";

/** Encodings of values, with the numbers of the KV Connect protocol. */
export const ENCODING = { v8: 1, le64: 2, bytes: 3 } as const;
const U64_BYTES = 8;

/** Bytes of a limited length. */
function bytes(max: number) {
	return z
		.string()
		.max(Math.ceil((max * 4) / 3))
		.transform((text, context) => {
			const content = fromBase64(text);
			if (content !== undefined) return Buffer.from(content.buffer, content.byteOffset, content.length);
			context.addIssue("not base 64");
			return z.NEVER;
		});
}

const id = z.int().min(0);
const key = bytes(KEY_BYTES_MAX);
const readKey = bytes(READ_KEY_BYTES_MAX);
const versionstamp = z.string().regex(/^[0-9a-f]{20}$/);

const valueSchema = z
	.tuple([z.int().min(ENCODING.v8).max(ENCODING.bytes), bytes(VALUE_BYTES_MAX)])
	.refine(([encoding, content]) => encoding !== ENCODING.le64 || content.length === U64_BYTES);

const mutationSchema = z.strictObject({
	key,
	type: z.enum(["set", "delete", "sum", "min", "max", "setSuffixVersionstampedKey"]),
	/** Encoding and bytes. */
	value: valueSchema.optional(),
	/** Milliseconds since 1970. */
	expireAt: z.int().min(0).optional(),
});

export const requestSchema = z.discriminatedUnion("op", [
	z.strictObject({
		op: z.literal("read"),
		id,
		/** Start, end (exclusive), the most entries, and whether the last ones come first. */
		ranges: z
			.array(z.tuple([readKey, readKey, z.int().min(1).max(ENTRIES_MAX), z.boolean()]))
			.max(RANGES_MAX)
			.refine((ranges) => ranges.reduce((sum, [, , limit]) => sum + limit, 0) <= ENTRIES_MAX),
	}),
	z.strictObject({
		op: z.literal("write"),
		id,
		checks: z.array(z.tuple([key, versionstamp.nullable()])).max(CHECKS_MAX),
		mutations: z.array(mutationSchema).max(MUTATIONS_MAX),
	}),
	/** Answered when one of the keys is written; at once if `isFirst`. */
	z.strictObject({
		op: z.literal("watch"),
		id,
		keys: z.array(key).max(WATCHED_KEYS_MAX),
		/** The versionstamps that the process knows. Undefined at first. */
		seen: z.array(versionstamp.nullable()).max(WATCHED_KEYS_MAX).optional(),
	}),
	/** Ends a request that waits. It has no answer. */
	z.strictObject({ op: z.literal("cancel"), id }),
]);
export type KvRequest = z.infer<typeof requestSchema>;

export type ReadRange = Extract<KvRequest, { op: "read" }>["ranges"][number];
export type KvWrite = Pick<Extract<KvRequest, { op: "write" }>, "checks" | "mutations">;
export type KvMutation = z.infer<typeof mutationSchema>;
type KvValue = z.infer<typeof valueSchema>;

export type { KvValue };

/** Key, encoding, value and versionstamp; key and value in base 64. */
export type WireEntry = readonly [key: string, encoding: number, value: string, versionstamp: string];

export type KvAnswer =
	/** `hasMore`: whether the answer became too large before the range ended. */
	| {
			readonly id: number;
			readonly ranges: readonly { readonly entries: readonly WireEntry[]; readonly hasMore: boolean }[];
	  }
	/** Null if a check failed. */
	| { readonly id: number; readonly versionstamp: string | null }
	| { readonly id: number; readonly entries: readonly (WireEntry | null)[] }
	| { readonly id: number; readonly error: { readonly isTypeError: boolean; readonly message: string } };
