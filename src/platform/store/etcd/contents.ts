/**
 * The values of entries and blobs: a line of JSON, and then the bytes, if they are few. More bytes are in parts, under
 * keys of their own, because etcd limits the size of a request.
 *
 * Parts are written before the value that names them. Until then, a pending key names them. If the writer ends before,
 * the next store that is opened removes them.
 */
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { concat, fromUtf8, utf8 } from "../../../bytes.ts";
import type { EtcdClient } from "./api/client.ts";
import { damaged } from "./api/faults.ts";
import { GRANT } from "./api/messages.ts";
import type { Keys } from "./keys.ts";
import {
	type Condition,
	exists,
	isValue,
	type Operation,
	pages,
	put,
	readKey,
	remove,
	transact,
} from "./transactions.ts";

/** Bytes up to this number are in the value itself. A page of entries has at most 256 times as many. */
const INLINE_BYTES_MAX = 64 * 1024;
/** The size of a part. etcd accepts requests of 1.5 MiB by default. */
const PART_BYTES = 1024 * 1024;
/** How long the parts of one value may take. After that they count as left behind. */
const WRITE_SECONDS = 600;
const NEWLINE = 10;

const headerSchema = z.strictObject({
	/** Unique, so that a writer recognises its own value. */
	id: z.string().min(1),
	bytes: z.int().min(0),
	/** The number of parts. Undefined: the bytes follow the header. */
	parts: z.int().min(1).optional(),
});

export interface Content extends z.infer<typeof headerSchema> {
	/** The bytes that follow the header. */
	readonly inline: Uint8Array;
}

/** A value that can be put in a transaction, with what else has to be in that transaction. */
export interface Prepared {
	readonly id: string;
	readonly value: Uint8Array;
	readonly conditions: readonly Condition[];
	readonly operations: readonly Operation[];
	/** Removes the parts, if the value was not put. */
	abandon(): Promise<void>;
}

/** The content of a value. Undefined if it has another form. */
export function parseContent(value: Uint8Array): Content | undefined {
	const end = value.indexOf(NEWLINE);
	try {
		const { data } = headerSchema.safeParse(JSON.parse(fromUtf8(value.subarray(0, Math.max(0, end))) ?? ""));
		if (data === undefined) return undefined;
		const inline = value.subarray(end + 1);
		return inline.length === (data.parts === undefined ? data.bytes : 0) ? { ...data, inline } : undefined;
	} catch {
		return undefined;
	}
}

function encoded(header: z.infer<typeof headerSchema>, inline: Uint8Array = new Uint8Array(0)): Uint8Array {
	return concat(utf8(`${JSON.stringify(header)}\n`), inline);
}

export class Contents {
	readonly #client: EtcdClient;
	readonly #keys: Keys;

	constructor(client: EtcdClient, keys: Keys) {
		this.#client = client;
		this.#keys = keys;
	}

	/**
	 * Prepares a value, and writes its parts if it has any.
	 * @param placeOf where the parts of a value with this id are
	 */
	async prepare(bytes: Uint8Array, placeOf: (id: string) => string): Promise<Prepared> {
		const id = randomUUID();
		if (bytes.length <= INLINE_BYTES_MAX) {
			const value = encoded({ id, bytes: bytes.length }, bytes);
			return { id, value, conditions: [], operations: [], abandon: async () => {} };
		}
		const place = placeOf(id);
		const [pending, alive] = [this.#keys.pending(place), this.#keys.alive(id)];
		const ours = [remove({ key: pending }), remove({ key: alive })];
		const abandon = async () => {
			await transact(this.#client, { do: [remove(this.#keys.parts(place)), ...ours] });
		};
		const lease = (await this.#client.call(GRANT, { seconds: WRITE_SECONDS })).id;
		await transact(this.#client, { do: [put(pending, utf8(id)), put(alive, utf8(""), lease)] });
		const parts = Math.ceil(bytes.length / PART_BYTES);
		for (let part = 0; part < parts; part++) {
			const slice = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
			// Without the pending key, the stream or the owner has been deleted, and the value will not be put either.
			await transact(this.#client, {
				when: [exists(pending)],
				do: [put(this.#keys.part(place, part), slice)],
			});
		}
		const value = encoded({ id, bytes: bytes.length, parts });
		return { id, value, conditions: [exists(pending)], operations: ours, abandon };
	}

	/**
	 * The bytes of a content.
	 * @param revision the revision of etcd at which to read parts. Default: the present.
	 * @returns undefined if parts are missing, or do not have the stated size together
	 */
	async read(
		content: Content,
		placeOf: (id: string) => string,
		revision?: number,
	): Promise<Uint8Array | undefined> {
		if (content.parts === undefined) return content.inline;
		const found: Uint8Array[] = [];
		const range = this.#keys.parts(placeOf(content.id));
		for await (const { kvs } of pages(this.#client, range, {
			limit: 8,
			...(revision !== undefined && { revision }),
		}))
			found.push(...kvs.map(({ value }) => value));
		const bytes = concat(...found);
		return found.length === content.parts && bytes.length === content.bytes ? bytes : undefined;
	}

	/** Removes parts that writers left behind which ended before they put their value. */
	async sweep(): Promise<void> {
		for await (const { kvs } of pages(this.#client, this.#keys.allPending)) {
			for (const { key, value } of kvs) {
				const id = fromUtf8(value);
				if (id === undefined || id === "") throw damaged(this.#keys.prefix, "a pending key has no id");
				const place = this.#keys.nameIn("pending/", key);
				if ((await readKey(this.#client, this.#keys.alive(id))) !== undefined) continue;
				await transact(this.#client, {
					when: [isValue(this.#keys.alive(id), undefined), exists(key)],
					do: [remove(this.#keys.parts(place)), remove({ key })],
				});
			}
		}
	}
}
