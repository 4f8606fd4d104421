/**
 * `Deno.openKv` for functions: the store of their app. The classes are those of Deno (`ext/kv/01_db.ts` of Deno 2.9),
 * and the operations go to the platform.
 */
import {
	AtomicOperation,
	COMMIT_VERSIONSTAMP,
	deleteMutation,
	queuesUnsupported,
	type SetOptions,
	setMutation,
} from "./kv-atomic.ts";
import { Channel } from "./kv-channel.ts";
import { Database, type Entry } from "./kv-database.ts";
import { concatenate, encodeKey, type Key } from "./kv-keys.ts";
import { KvListIterator, type ListOptions } from "./kv-list.ts";
import type { Selector } from "./kv-ranges.ts";
import { KvU64 } from "./kv-values.ts";

interface Missing {
	readonly key: Key;
	readonly value: null;
	readonly versionstamp: null;
}

type MaybeEntry = Entry | Missing;

const OPEN = Symbol("KvRid");

function missing(key: Key): Missing {
	return { key, value: null, versionstamp: null };
}

/** The range that contains one key. */
function pointOf(key: Key) {
	if (key === undefined || key === null) throw new TypeError("Invalid range");
	const start = encodeKey(key);
	return { start, end: concatenate(start, [0]), limit: 1, isReverse: false };
}

class Kv {
	readonly #database: Database;

	constructor(database?: Database, symbol?: symbol) {
		if (symbol !== OPEN || database === undefined)
			throw new TypeError("Deno.Kv can not be constructed: use Deno.openKv instead");
		this.#database = database;
	}

	atomic(): AtomicOperation {
		return new AtomicOperation(this.#database);
	}

	commitVersionstamp(): symbol {
		return COMMIT_VERSIONSTAMP;
	}

	async get(key: Key): Promise<MaybeEntry> {
		const [entries] = await this.#database.read([pointOf(key)]);
		return entries?.[0] ?? missing(key);
	}

	async getMany(keys: readonly Key[]): Promise<MaybeEntry[]> {
		const ranges = await this.#database.read(keys.map(pointOf));
		return ranges.map((entries, index) => entries[0] ?? missing(keys[index] ?? []));
	}

	async set(key: Key, value: unknown, options?: SetOptions) {
		const versionstamp = await this.#database.write([], [setMutation(key, value, options)]);
		return { ok: true, versionstamp };
	}

	async delete(key: Key): Promise<void> {
		await this.#database.write([], [deleteMutation(key)]);
	}

	list(selector: Selector, options: ListOptions = {}): KvListIterator {
		return new KvListIterator(this.#database, selector, options);
	}

	async enqueue(): Promise<never> {
		throw queuesUnsupported();
	}

	async listenQueue(): Promise<never> {
		throw queuesUnsupported();
	}

	watch(keys: readonly Key[], options: { readonly raw?: boolean } = {}): ReadableStream<MaybeEntry[]> {
		const database = this.#database;
		const encoded = database.encodeWatched(keys);
		const cancelled = new AbortController();
		let seen: (string | null)[] | undefined;
		return new ReadableStream({
			async pull(controller) {
				if (keys.length === 0) return controller.close();
				for (;;) {
					const entries = await database.watch(encoded, seen, cancelled.signal);
					if (entries === undefined) return controller.close();
					const stamps = entries.map((entry) => entry?.versionstamp ?? null);
					const isNew = seen === undefined || stamps.some((stamp, index) => stamp !== seen?.[index]);
					seen = stamps;
					if (!isNew && !options.raw) continue;
					controller.enqueue(entries.map((entry, index) => entry ?? missing(keys[index]?.slice() ?? [])));
					return;
				}
			},
			cancel() {
				cancelled.abort();
			},
		});
	}

	close(): void {
		this.#database.close();
	}

	[Symbol.dispose](): void {
		if (!this.#database.isClosed) this.#database.close();
	}
}

/** @throws TypeError if a function requests another store than its app's */
function checkPath(path: unknown): void {
	if (path === undefined || path === null) return;
	if (path === "") throw new TypeError("Filename cannot be empty");
	throw new TypeError(
		`Deno.openKv(${JSON.stringify(String(path))}) is not supported: a function has one store, that of its app. Call Deno.openKv() without a path.`,
	);
}

/** Installs `Deno.openKv` and its classes. @param connect requests a connection from the platform */
export function installKv(connect: () => Promise<Deno.Conn>): void {
	const channel = new Channel(connect);
	const openKv = async (path?: string) => {
		checkPath(path);
		await channel.open();
		return new Kv(new Database(channel), OPEN);
	};
	for (const [name, value] of Object.entries({ AtomicOperation, Kv, KvListIterator, KvU64, openKv }))
		Object.defineProperty(Deno, name, { configurable: true, enumerable: true, writable: true, value });
}
