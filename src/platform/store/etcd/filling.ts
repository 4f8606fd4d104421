/**
 * Fills an empty prefix in etcd from a backup or another store. The key `filling` says that it is being filled, and by whom. The key that
 * makes the prefix a store is put last, so no platform takes an incomplete copy for a store.
 *
 * Each transaction replaces the number in `filling`. So it has one effect, however often it is sent, and two
 * fillings never mix their keys.
 */
import { randomUUID } from "node:crypto";
import { fromUtf8, utf8 } from "../../../bytes.ts";
import { AppError, EXIT } from "../../../errors.ts";
import type { StoreOptions } from "../../configuration/store-access.ts";
import type { StoreUrl } from "../../configuration/store-url.ts";
import type { Blobs } from "../blobs.ts";
import { hashOf, type Moment, type MomentEntry } from "../moment.ts";
import { openBlobs } from "../s3/open-blobs.ts";
import type { EtcdClient } from "./api/client.ts";
import { EtcdBlobs } from "./blobs.ts";
import { CLAIM } from "./claim.ts";
import { Contents } from "./contents.ts";
import { FORMAT, incomplete } from "./format.ts";
import type { Keys } from "./keys.ts";
import { readMoment } from "./moment.ts";
import { connectShared } from "./open-shared.ts";
import {
	type Condition,
	get,
	isEmpty,
	isValue,
	OPERATIONS_MAX,
	type Operation,
	type Pair,
	put,
	readKey,
	remove,
	transact,
} from "./transactions.ts";

/** The bytes of entries in one transaction, below etcd's limit of 1.5 MiB. One entry has at most 64 KiB more. */
const BATCH_BYTES_MAX = 512 * 1024;

const textOf = (pair: Pair | undefined) => pair && fromUtf8(pair.value);

function conflict(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint: `Nothing was written. ${hint}`, exit: EXIT.conflict });
}

/** The error for a prefix that has keys. @param pairs those of `filling`, `format`, the claim and the first node */
function occupied(prefix: string, [filling, format, claim, node]: readonly (Pair | undefined)[]): AppError {
	const other = "Give another prefix: --store etcd://HOST:PORT/PREFIX.";
	if (filling !== undefined) return incomplete(prefix);
	if (claim !== undefined || node !== undefined)
		return conflict("STORE_IN_USE", `A platform uses the store under ${prefix} in etcd.`, other);
	const what = format === undefined ? "keys that are not a store of Coffer" : "a store already";
	const message = `etcd has ${what} under ${prefix}. They are never overwritten.`;
	return conflict("STORE_NOT_EMPTY", message, other);
}

/** What goes into one transaction. */
interface Batch {
	readonly operations: Operation[];
	readonly conditions: Condition[];
	bytes: number;
}

const emptyBatch = (): Batch => ({ operations: [], conditions: [], bytes: 0 });

export class Filling implements Disposable {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #contents: Contents;
	#blobs: Blobs;
	readonly #id = randomUUID();
	/** The number of transactions that are done. */
	#step = 0;
	#batch = emptyBatch();
	#isEnding = false;

	private constructor(client: EtcdClient, keys: Keys) {
		this.#client = client;
		this.#keys = keys;
		this.#contents = new Contents(client, keys);
		this.#blobs = new EtcdBlobs(client, keys, this.#contents);
	}

	/**
	 * Begins to fill an empty prefix.
	 * @throws AppError `STORE_NOT_EMPTY`, `STORE_IN_USE`, `STORE_INCOMPLETE` (exit 5); and as `connectShared`,
	 * `EtcdClient.call`
	 */
	static async begin(url: StoreUrl & { kind: "etcd" }, options: StoreOptions): Promise<Filling> {
		const { client, keys } = await connectShared(url, options);
		try {
			const filling = new Filling(client, keys);
			await filling.#begin();
			await filling.#usePlace(options.access?.blobs);
			return filling;
		} catch (error) {
			client.close();
			throw error;
		}
	}

	async #begin(): Promise<void> {
		const { all, filling, format, prefix } = this.#keys;
		const { pairs, succeeded } = await transact(this.#client, {
			when: [isEmpty(all)],
			do: [put(filling, this.#mark(0))],
			otherwise: [
				get(filling),
				get(format),
				get(this.#keys.lease(CLAIM)),
				{ range: { ...this.#keys.announcements, limit: 1 } },
			],
		});
		const present = pairs.map(([pair]) => pair);
		// The answer of an earlier attempt may be lost.
		if (!succeeded && textOf(present[0]) !== fromUtf8(this.#mark(0))) throw occupied(prefix, present);
	}

	/** Puts blobs into another place than etcd. Platforms may use it meanwhile. */
	async #usePlace(place: string | undefined): Promise<void> {
		if (place === undefined) return;
		try {
			this.#blobs = await openBlobs(place);
		} catch (error) {
			await this.abandon();
			throw error;
		}
	}

	/**
	 * Puts a log, and checks by hash that etcd then has the same.
	 * @throws AppError `STORE_CHANGED` (exit 7); and as `Moment.entries`, `EtcdClient.call`
	 */
	async putLog(moment: Moment): Promise<void> {
		for await (const portion of moment.entries()) for (const entry of portion) await this.#putEntry(entry);
		for (const [stream, revision] of moment.heads)
			await this.#add([put(this.#keys.head(stream), utf8(String(revision)))]);
		if (moment.seal !== undefined) await this.#add([put(this.#keys.seal, utf8(moment.seal))]);
		await this.#flush();
		const written = await readMoment(this.#client, this.#keys);
		if ((await hashOf(written)) !== (await hashOf(moment))) throw this.#changed();
	}

	/** Puts a blob, and checks that the store then has it. @throws AppError `STORE_CHANGED` (exit 7); and as `Store.putBlob` */
	async putBlob(owner: string, bytes: Uint8Array): Promise<void> {
		const hash = await this.#blobs.put(owner, bytes);
		if ((await this.#blobs.get(owner, hash)) === undefined) throw this.#changed();
	}

	/** Makes the prefix a store. @throws AppError `STORE_CHANGED` (exit 7); and as `EtcdClient.call` */
	async end(): Promise<void> {
		this.#isEnding = true;
		await this.#blobs.settle();
		const { filling, format } = this.#keys;
		const { pairs, succeeded } = await transact(this.#client, {
			when: [isValue(filling, this.#mark(this.#step))],
			do: [put(format, utf8(FORMAT)), remove({ key: filling })],
			otherwise: [get(filling), get(format)],
		});
		const [mark, present] = pairs.map(([pair]) => pair);
		// The answer of an earlier attempt may be lost.
		const isDone = mark === undefined && textOf(present) === FORMAT;
		if (!succeeded && !isDone) throw this.#changed();
	}

	/** Removes all keys under the prefix. @returns false if the prefix may be a complete store */
	async abandon(): Promise<boolean> {
		const { all, filling, format } = this.#keys;
		try {
			// The outcome of the last transaction may be unknown.
			for (const step of [this.#step, this.#step + 1])
				await transact(this.#client, { when: [isValue(filling, this.#mark(step))], do: [remove(all)] });
			return !this.#isEnding || (await readKey(this.#client, format)) === undefined;
		} catch {
			return !this.#isEnding;
		}
	}

	[Symbol.dispose](): void {
		this.#client.close();
	}

	async #putEntry({ body, revision, stream }: MomentEntry): Promise<void> {
		const placeOf = (id: string) => this.#keys.entryParts(stream, id);
		const { conditions, operations, value } = await this.#contents.prepare(utf8(body), placeOf);
		const all = [put(this.#keys.entry(stream, revision), value), ...operations];
		await this.#add(all, conditions, value.length);
	}

	async #add(operations: Operation[], conditions: readonly Condition[] = [], bytes = 0): Promise<void> {
		this.#batch.operations.push(...operations);
		this.#batch.conditions.push(...conditions);
		this.#batch.bytes += bytes;
		// An entry has at most three operations, and `filling` is one more.
		if (this.#batch.operations.length > OPERATIONS_MAX - 4 || this.#batch.bytes > BATCH_BYTES_MAX)
			await this.#flush();
	}

	async #flush(): Promise<void> {
		const { conditions, operations } = this.#batch;
		this.#batch = emptyBatch();
		const { filling } = this.#keys;
		const next = this.#mark(this.#step + 1);
		const { pairs, succeeded } = await transact(this.#client, {
			when: [isValue(filling, this.#mark(this.#step)), ...conditions],
			do: [...operations, put(filling, next)],
			otherwise: [get(filling)],
		});
		// The answer of an earlier attempt may be lost.
		if (!succeeded && textOf(pairs[0]?.[0]) !== fromUtf8(next)) throw this.#changed();
		this.#step++;
	}

	#mark(step: number): Uint8Array {
		return utf8(`${this.#id}/${step}`);
	}

	#changed(): AppError {
		return new AppError({
			code: "STORE_CHANGED",
			message: `Somebody changed the keys under ${this.#keys.prefix} in etcd while they were being written.`,
			hint: "The prefix is not a store. Do it again, with a prefix that nothing else uses.",
			exit: EXIT.integrity,
		});
	}
}
