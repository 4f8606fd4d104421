/** The streams of a store in etcd. */
import { fromUtf8, utf8 } from "../../../bytes.ts";
import type { AppendResult, SealChange, StreamEnd, StreamEntry, StreamHead, StreamName } from "../store.ts";
import type { EtcdClient } from "./api/client.ts";
import { damaged } from "./api/faults.ts";
import { RANGE } from "./api/messages.ts";
import { type Contents, type Prepared, parseContent } from "./contents.ts";
import type { Keys } from "./keys.ts";
import {
	type Condition,
	get,
	isValue,
	OPERATIONS_MAX,
	type Operation,
	type Outcome,
	type Pair,
	pages,
	put,
	readKey,
	remove,
	transact,
} from "./transactions.ts";

/** Entries in one request. */
const ENTRIES_PER_PAGE = 256;

/** Entries of a stream, and which of the streams that had this name they are of. */
export interface Page {
	readonly entries: readonly StreamEntry[];
	/** The revision of etcd at which the stream was created. 0 if there is no such stream. */
	readonly created: number;
}

export class Streams {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #contents: Contents;

	constructor(client: EtcdClient, keys: Keys, contents: Contents) {
		this.#client = client;
		this.#keys = keys;
		this.#contents = contents;
	}

	/** See `Store.append`. */
	async append(stream: StreamName, expected: number, body: string, seal?: SealChange): Promise<AppendResult> {
		const bytes = utf8(body);
		for (;;) {
			const prepared = await this.#contents.prepare(bytes, (id) => this.#keys.entryParts(stream, id));
			const result = await this.#put(stream, expected, prepared, seal);
			if (result?.appended) return result;
			await prepared.abandon();
			if (result !== undefined) return result;
		}
	}

	/** Undefined: the stream was deleted while the parts of the entry were being written, so they are gone. */
	async #put(
		stream: StreamName,
		expected: number,
		prepared: Prepared,
		seal: SealChange | undefined,
	): Promise<AppendResult | undefined> {
		const [head, entry] = [this.#keys.head(stream), this.#keys.entry(stream, Math.max(0, expected) + 1)];
		const expectedHead = expected === 0 ? undefined : utf8(String(expected));
		const outcome = await transact(this.#client, {
			when: [isValue(head, expectedHead), ...this.#sealConditions(seal), ...prepared.conditions],
			do: [
				put(head, utf8(String(expected + 1))),
				put(entry, prepared.value),
				...prepared.operations,
				...this.#sealOperations(seal),
			],
			otherwise: [get(head), get(entry), get(this.#keys.seal)],
		});
		if (outcome.succeeded) return { appended: true, revision: expected + 1 };
		return this.#explain(outcome, expected, prepared.id, seal);
	}

	/** Why a transaction did nothing. It may have succeeded before: the answer of its first attempt may be lost. */
	#explain(
		{ pairs }: Outcome,
		expected: number,
		id: string,
		seal: SealChange | undefined,
	): AppendResult | undefined {
		const [head, entry, present] = pairs.map(([pair]) => pair);
		if (entry !== undefined && parseContent(entry.value)?.id === id)
			return { appended: true, revision: expected + 1 };
		const revision = this.revisionOf(head);
		if (revision !== expected) return { appended: false, revision };
		if (seal !== undefined && textOf(present) !== seal.from)
			return { appended: false, revision, isOtherSeal: true };
		return undefined;
	}

	/** See `Store.deleteStreams`. Everything is deleted at one moment. */
	async delete(prefix: string, seal?: SealChange, at?: StreamEnd): Promise<boolean> {
		const outcome = await transact(this.#client, {
			when: [...this.#sealConditions(seal), ...(at === undefined ? [] : [this.#endsAt(at)])],
			do: [...this.#keys.streams(prefix).map(remove), ...this.#sealOperations(seal)],
			otherwise: [get(this.#keys.seal)],
		});
		// An earlier attempt may have succeeded without an answer.
		return outcome.succeeded || (seal !== undefined && textOf(outcome.pairs[0]?.[0]) === seal.to);
	}

	/** See `Store.readSeal`. */
	async readSeal(): Promise<string | undefined> {
		return textOf(await readKey(this.#client, this.#keys.seal));
	}

	/** See `Store.streams`. */
	async names(prefix: string): Promise<StreamName[]> {
		const names: StreamName[] = [];
		for await (const { kvs } of pages(this.#client, this.#keys.heads(prefix), { keysOnly: true }))
			names.push(...kvs.map(({ key }) => this.nameOf(key)));
		return names;
	}

	/** The stream of the key of a head. */
	nameOf(key: Uint8Array): StreamName {
		return this.#keys.nameIn("heads/", key);
	}

	/** See `Store.read`. */
	async read(
		stream: StreamName,
		afterRevision: number,
		limit = Number.MAX_SAFE_INTEGER,
	): Promise<StreamEntry[]> {
		const entries: StreamEntry[] = [];
		let created: number | undefined;
		while (entries.length < limit) {
			const from = afterRevision + entries.length;
			const wanted = Math.min(ENTRIES_PER_PAGE, limit - entries.length);
			const page = await this.page(stream, from, wanted);
			if (created !== undefined && page.created !== created) {
				// The stream was deleted meanwhile. Another one may have its name.
				entries.length = 0;
				created = undefined;
				continue;
			}
			if (page.entries.length === 0) break;
			created = page.created;
			entries.push(...page.entries);
			// The head, which is of the same moment, says that there are no more. Another request would only confirm that.
			if (page.entries.length < wanted) break;
		}
		return entries;
	}

	/** The entries after a revision, at most `limit`, and at most a page. */
	async page(stream: StreamName, afterRevision: number, limit: number): Promise<Page> {
		const range = { ...this.#keys.entriesAfter(stream, afterRevision), limit };
		const { pairs } = await transact(this.#client, { do: [get(this.#keys.head(stream)), { range }] });
		const head = pairs[0]?.[0];
		const found = pairs[1] ?? [];
		const count = Math.max(0, Math.min(limit, this.revisionOf(head) - afterRevision));
		if (found.length !== count) throw this.#gap(stream);
		const entries: StreamEntry[] = [];
		for (const [index, pair] of found.entries()) {
			const revision = afterRevision + index + 1;
			if (!this.#isKeyOf(pair, stream, revision)) throw this.#gap(stream);
			const body = await this.bodyOf(stream, pair);
			// The stream was deleted since the request.
			if (body === undefined) return { entries: [], created: -1 };
			entries.push({ revision, body });
		}
		return { entries, created: head?.createRevision ?? 0 };
	}

	/** See `Store.heads`. All heads are of one moment. */
	async heads(): Promise<StreamHead[]> {
		const heads: StreamHead[] = [];
		for await (const { kvs, revision } of pages(this.#client, this.#keys.heads(""), {
			limit: OPERATIONS_MAX,
		})) {
			const streams = kvs.map((pair) => ({ stream: this.nameOf(pair.key), last: this.revisionOf(pair) }));
			const operations = streams.map(
				({ last, stream }): Operation => ({ range: { key: this.#keys.entry(stream, last), revision } }),
			);
			const { pairs } = await transact(this.#client, { do: operations });
			for (const [index, { last, stream }] of streams.entries()) {
				const pair = pairs[index]?.[0];
				const body = pair && (await this.bodyOf(stream, pair, revision));
				if (body !== undefined) heads.push({ stream, revision: last, body });
			}
		}
		return heads;
	}

	/** The body of an entry. Undefined if the entry has been deleted. @throws AppError `STORE_DAMAGED` (exit 7) */
	async bodyOf(stream: StreamName, pair: Pair, revision?: number): Promise<string | undefined> {
		const content = parseContent(pair.value);
		const placeOf = (id: string) => this.#keys.entryParts(stream, id);
		const bytes = content && (await this.#contents.read(content, placeOf, revision));
		const body = bytes && fromUtf8(bytes);
		if (body !== undefined) return body;
		const { key, modRevision } = pair;
		const present = await this.#client.call(RANGE, { key, keysOnly: true });
		if (present.kvs[0]?.modRevision !== modRevision) return undefined;
		throw this.#gap(stream);
	}

	#isKeyOf({ key }: Pair, stream: StreamName, revision: number): boolean {
		return Buffer.from(this.#keys.entry(stream, revision)).equals(key);
	}

	/** The revision in a head. 0 if there is none. @throws AppError `STORE_DAMAGED` (exit 7) */
	revisionOf(head: Pair | undefined): number {
		if (head === undefined) return 0;
		const revision = parseRevision(head);
		if (revision !== undefined) return revision;
		throw this.#gap(this.nameOf(head.key));
	}

	#endsAt({ stream, revision }: StreamEnd): Condition {
		return isValue(this.#keys.head(stream), revision === 0 ? undefined : utf8(String(revision)));
	}

	#sealConditions(seal: SealChange | undefined): Condition[] {
		if (seal === undefined) return [];
		return [isValue(this.#keys.seal, seal.from === undefined ? undefined : utf8(seal.from))];
	}

	#sealOperations(seal: SealChange | undefined): Operation[] {
		return seal === undefined ? [] : [put(this.#keys.seal, utf8(seal.to))];
	}

	#gap(stream: StreamName) {
		return damaged(this.#keys.prefix, `entries of the stream ${stream} are missing or cannot be read`);
	}
}

/** The revision in a head. Undefined if it is none. */
export function parseRevision(head: Pair): number | undefined {
	const text = textOf(head) ?? "";
	return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}

export function textOf(pair: Pair | undefined): string | undefined {
	return pair === undefined ? undefined : fromUtf8(pair.value);
}
