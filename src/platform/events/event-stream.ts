/**
 * Reads and writes a stream of the platform's own events.
 *
 * Each entry has an authentication code, made with a key of the platform's identity. The code covers the stream, its
 * owner, the position, all entries before it and the event. Without the identity, a program that can write to the store
 * cannot create, change, move or swap entries, or remove an entry that is followed by others. The store's seal
 * (`sealed/sealed-store.ts`) detects that entries are missing at the end.
 */
import * as z from "zod";
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { Store, StreamEntry } from "../store/store.ts";
import { CHAINED } from "./event-text.ts";

const DOMAIN = "coffer/platform-event/2";
/** The domain of codes that do not cover earlier entries. */
const EARLIER_DOMAIN = "coffer/platform-event/1";
/** Each failed attempt is a success of another node, so this many failures in a row are an error. */
const APPEND_ATTEMPTS_MAX = 100;

/** The code of the error for a stream that was deleted since it was read. */
export const STREAM_DELETED = "STREAM_DELETED";

/** `code` is the current form. `mac` is the earlier form, whose codes do not cover the entries before. */
const envelopeSchema = z
	.object({ type: z.string(), code: z.string().optional(), mac: z.string().optional() })
	.loose();

/** Whether the code of an entry in the earlier form is correct. */
export type CheckEarlier = (event: object, revision: number, code: Uint8Array) => boolean;

export interface EventStreamOptions<Event> {
	readonly store: Store;
	/** Name of the stream in the store. */
	readonly stream: string;
	/**
	 * Id of the lifetime of the app that the stream belongs to. A later app of the same name has a stream of
	 * the same name.
	 */
	readonly owner?: string | undefined;
	/**
	 * The prefix of the `type` of this reader's events. Other events are checked and skipped. Without it, all events are
	 * read.
	 */
	readonly typePrefix?: string | readonly string[];
	readonly schema: z.ZodType<Event>;
	/** The key of the platform's identity for stored state: 32 bytes. */
	readonly key: Uint8Array;
	/** Called with each event, in order, once. @param revision the event's position, from 1 */
	readonly apply: (event: Event, revision: number) => void;
	/** Checks codes in a stream whose entries of the earlier form have another code. */
	readonly checkEarlier?: CheckEarlier;
	/** Called before entries are applied that another node may have appended. */
	readonly beforeEntries?: (() => Promise<void>) | undefined;
}

/** How far a stream was read. */
export interface StreamPosition {
	readonly revision: number;
	/** The hash chain over the bodies of all entries until then. */
	readonly previous: string;
}

/** The code of an entry in the earlier form. It covers the stream, the position and the event. */
export function earlierCode(key: Uint8Array, stream: string, revision: number, event: object): Uint8Array {
	return hash(lengthPrefixed(EARLIER_DOMAIN, stream, revision, JSON.stringify(event)), key);
}

export class EventStream<Event extends { readonly type: string }> {
	readonly #options: EventStreamOptions<Event>;
	#revision = 0;
	/** A hash chain over the bodies of all entries. Empty before the first entry. */
	#previous = "";
	/** Whether an entry of the current form was read. No entry of the earlier form may follow it. */
	#isChained = false;

	constructor(options: EventStreamOptions<Event>) {
		this.#options = options;
	}

	/**
	 * Reads the stream, and converts a stream of the earlier form: the code of its next entry covers all
	 * entries before.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async open(): Promise<void> {
		await this.catchUp();
		while (this.#revision > 0 && !this.#isChained) {
			const text = JSON.stringify({ type: CHAINED });
			const { store, stream } = this.#options;
			await store.append(stream, this.#revision, this.#encode(text, this.#revision + 1));
			await this.catchUp();
		}
	}

	/**
	 * Applies the entries that were appended since the last call.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async catchUp(): Promise<void> {
		const { beforeEntries, store, stream } = this.#options;
		const entries = await store.read(stream, this.#revision);
		if (entries.length > 0) await beforeEntries?.();
		for (const entry of entries) this.take(entry);
	}

	/**
	 * Applies one entry, unless it has been applied.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	take(entry: StreamEntry): void {
		if (entry.revision <= this.#revision) return;
		const event = this.#decode(entry);
		this.#revision = entry.revision;
		this.#previous = toBase64(hash(lengthPrefixed(this.#previous, entry.body)));
		if (event !== undefined) this.#options.apply(event, entry.revision);
	}

	/** The position of the last entry that was applied. */
	get revision(): number {
		return this.#revision;
	}

	/** Where this reader is. */
	get position(): StreamPosition {
		return { revision: this.#revision, previous: this.#previous };
	}

	/** Continues where another reader of the stream was, before anything is read. */
	resume({ previous, revision }: StreamPosition): void {
		this.#revision = revision;
		this.#previous = previous;
		this.#isChained = revision > 0;
	}

	/**
	 * Appends an event and applies it.
	 * @param make returns the event; undefined appends nothing. Called again if earlier entries were not applied by then
	 * @throws AppError `STORE_CONTENDED`, `STREAM_DELETED` (exit 5), `EVENT_INVALID` (exit 1), or what `make` throws
	 */
	async append(make: () => Event | undefined): Promise<void> {
		const { store, stream } = this.#options;
		for (let attempt = 0; attempt < APPEND_ATTEMPTS_MAX; attempt++) {
			// If there are entries that were not read, the store refuses the event. A decision to append nothing needs them.
			const early = attempt === 0 ? resultOf(make) : undefined;
			if (early === undefined) await this.catchUp();
			const event = early ?? make();
			if (event === undefined) return;
			this.#checkReadable(event);
			const expected = this.#revision;
			const body = this.#encode(JSON.stringify(event), expected + 1);
			const result = await store.append(stream, expected, body);
			// Applied without another read: the entry is the next one after all that are applied.
			if (result.appended) return this.take({ revision: expected + 1, body });
			if (result.revision < expected) throw this.#deleted();
		}
		throw new AppError({
			code: "STORE_CONTENDED",
			message: `The stream ${stream} changed ${APPEND_ATTEMPTS_MAX} times while an event was being appended.`,
			hint: "Try again.",
			exit: EXIT.conflict,
		});
	}

	#deleted(): AppError {
		return new AppError({
			code: STREAM_DELETED,
			message: `The stream ${this.#options.stream} was deleted before an event could be appended.`,
			hint: "Another node of the platform deleted it. Try again.",
			exit: EXIT.conflict,
		});
	}

	/** Rejects an event that could not be read back, because with it the platform could never start again. */
	#checkReadable(event: Event): void {
		const { success, error } = this.#options.schema.safeParse(JSON.parse(JSON.stringify(event)));
		if (success) return;
		const where = error.issues[0]?.path.map(String).join(".").slice(0, 200);
		throw new AppError({
			code: "EVENT_INVALID",
			message: `The platform cannot store the event ${event.type}: it is not valid at ${where || "its top level"}.`,
			hint: "Nothing was written. This is a bug of the platform. Please report it.",
			exit: EXIT.failure,
		});
	}

	/** The code of the next entry. */
	#codeOf(revision: number, text: string): Uint8Array {
		const { key, owner = "", stream } = this.#options;
		return hash(lengthPrefixed(DOMAIN, stream, owner, revision, this.#previous, text), key);
	}

	#encode(text: string, revision: number): string {
		return JSON.stringify({ ...JSON.parse(text), code: toBase64(this.#codeOf(revision, text)) });
	}

	/** @returns undefined for an event of another reader */
	#decode({ revision, body }: StreamEntry): Event | undefined {
		const { data } = envelopeSchema.safeParse(parsed(body));
		if (data === undefined) throw this.#forged(revision);
		const { code, mac, ...event } = data;
		if (!this.#hasValidCode(event, revision, code, mac)) throw this.#forged(revision);
		if (code !== undefined) this.#isChained = true;
		if (!this.#isOwn(data.type)) return undefined;
		const read = this.#options.schema.safeParse(event);
		if (read.success) return read.data;
		throw this.#forged(revision, read.error);
	}

	#hasValidCode(event: object, revision: number, code: string | undefined, mac: string | undefined): boolean {
		if (code !== undefined) {
			const given = fromBase64(code);
			const isCode = given !== undefined && equalBytes(given, this.#codeOf(revision, JSON.stringify(event)));
			return isCode && mac === undefined;
		}
		const { checkEarlier, key, stream } = this.#options;
		const given = fromBase64(mac ?? "");
		if (given === undefined || this.#isChained) return false;
		if (checkEarlier !== undefined) return checkEarlier(event, revision, given);
		return equalBytes(given, earlierCode(key, stream, revision, event));
	}

	#isOwn(type: string): boolean {
		const { typePrefix = "" } = this.#options;
		const prefixes = typeof typePrefix === "string" ? [typePrefix] : typePrefix;
		return type !== CHAINED && prefixes.some((prefix) => type.startsWith(prefix));
	}

	#forged(revision: number, cause?: unknown): AppError {
		return new AppError({
			code: "EVENT_FORGED",
			message: `Entry ${revision} of the stream ${this.#options.stream} was not written by this platform at this position.`,
			hint: "The platform started with another identity than before, or the store was changed from outside. Start it with the identity that it had, or restore a backup.",
			exit: EXIT.integrity,
			cause,
		});
	}
}

const parsed = (body: string): unknown => resultOf((): unknown => JSON.parse(body));

/** Undefined: it throws. */
function resultOf<T>(make: () => T): T | undefined {
	try {
		return make();
	} catch {
		return undefined;
	}
}
