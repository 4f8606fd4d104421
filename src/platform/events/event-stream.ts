/**
 * Reading and writing a stream of the platform's own events. Each entry carries a code made with a key of the
 * platform's identity over the stream, whose it is, the position, all entries before it and the event. Whoever can write
 * to the store, but has not the identity, can neither make, change, move, swap nor drop one that others follow. That
 * entries are missing at the end is what the store's seal tells (`sealed-store.ts`).
 */
import { z } from "zod";
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { Store, StreamEntry } from "../store/store.ts";

const DOMAIN = "coffer/platform-event/2";
/** Of codes that do not cover the entry before. */
const EARLIER_DOMAIN = "coffer/platform-event/1";
/** Each lost race is another node's success, so that reaching this means something is wrong. */
const APPEND_ATTEMPTS_MAX = 100;

/** `code` is the present form; `mac` the earlier one, whose codes do not cover the entries before. */
const envelopeSchema = z
	.object({ type: z.string(), code: z.string().optional(), mac: z.string().optional() })
	.loose();
/** The entry with which a stream of the earlier form goes over to the present one. */
const CHAINED = "chained";

/** Whether the code of an entry in the earlier form is right. */
export type CheckEarlier = (event: object, revision: number, code: Uint8Array) => boolean;

export interface EventStreamOptions<Event> {
	readonly store: Store;
	/** Name of the stream in the store. */
	readonly stream: string;
	/** The life of the app that it belongs to: a later app of the same name has a stream of the same name. */
	readonly owner?: string | undefined;
	/** Begins the `type` of every event that is this reader's; others are checked and passed over. All unless told. */
	readonly typePrefix?: string | readonly string[];
	readonly schema: z.ZodType<Event>;
	/** The platform identity's key for what it keeps, 32 bytes. */
	readonly key: Uint8Array;
	/** Takes in each event, in order, once. @param revision its position, from 1 */
	readonly apply: (event: Event, revision: number) => void;
	/** For a stream whose entries of the earlier form were coded in another way. */
	readonly checkEarlier?: CheckEarlier;
}

/** The code that entries had in the earlier form, over stream, position and event. */
export function earlierCode(key: Uint8Array, stream: string, revision: number, event: object): Uint8Array {
	return hash(lengthPrefixed(EARLIER_DOMAIN, stream, revision, JSON.stringify(event)), key);
}

export class EventStream<Event extends { readonly type: string }> {
	readonly #options: EventStreamOptions<Event>;
	#revision = 0;
	/** A hash over the bodies of all entries, one after the other; empty before the first. */
	#previous = "";
	/** Whether an entry of the present form was read: none of the earlier form may follow it. */
	#isChained = false;

	constructor(options: EventStreamOptions<Event>) {
		this.#options = options;
	}

	/**
	 * Takes in what there is, and brings a stream of the earlier form to the present one: from its next entry on, all
	 * that came before is under the codes.
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
	 * Takes in what was appended since the last time.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async catchUp(): Promise<void> {
		const { store, stream } = this.#options;
		for (const entry of await store.read(stream, this.#revision)) this.take(entry);
	}

	/**
	 * Takes in one entry, unless it was taken in before.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	take(entry: StreamEntry): void {
		if (entry.revision <= this.#revision) return;
		const event = this.#decode(entry);
		this.#revision = entry.revision;
		this.#previous = toBase64(hash(lengthPrefixed(this.#previous, entry.body)));
		if (event !== undefined) this.#options.apply(event, entry.revision);
	}

	/** The position of the last entry that was taken in. */
	get revision(): number {
		return this.#revision;
	}

	/**
	 * Appends an event and takes it in.
	 * @param make the event, after everything that is in the stream by then; undefined appends nothing
	 * @throws AppError `STORE_CONTENDED` (exit 5), `EVENT_INVALID` (exit 1), or what `make` throws
	 */
	async append(make: () => Event | undefined): Promise<void> {
		const { store, stream } = this.#options;
		for (let attempt = 0; attempt < APPEND_ATTEMPTS_MAX; attempt++) {
			await this.catchUp();
			const event = make();
			if (event === undefined) return;
			this.#checkReadable(event);
			const expected = this.#revision;
			const body = this.#encode(JSON.stringify(event), expected + 1);
			const result = await store.append(stream, expected, body);
			if (result.appended) return await this.catchUp();
		}
		throw new AppError({
			code: "STORE_CONTENDED",
			message: `The stream ${stream} changed ${APPEND_ATTEMPTS_MAX} times while an event was being written.`,
			hint: "Try again.",
			exit: EXIT.conflict,
		});
	}

	/** What could not be read back would keep the platform from ever starting again. */
	#checkReadable(event: Event): void {
		const { success, error } = this.#options.schema.safeParse(JSON.parse(JSON.stringify(event)));
		if (success) return;
		const where = error.issues[0]?.path.map(String).join(".").slice(0, 200);
		throw new AppError({
			code: "EVENT_INVALID",
			message: `The platform cannot keep what happened: ${event.type} is not valid at ${where || "the whole"}.`,
			hint: "Nothing was written. This is a fault of the platform's; report it.",
			exit: EXIT.failure,
		});
	}

	/** The code of the entry that follows the last one. */
	#codeOf(revision: number, text: string): Uint8Array {
		const { key, owner = "", stream } = this.#options;
		return hash(lengthPrefixed(DOMAIN, stream, owner, revision, this.#previous, text), key);
	}

	#encode(text: string, revision: number): string {
		return JSON.stringify({ ...JSON.parse(text), code: toBase64(this.#codeOf(revision, text)) });
	}

	/** @returns undefined for what is another reader's */
	#decode({ revision, body }: StreamEntry): Event | undefined {
		const { data } = envelopeSchema.safeParse(parsed(body));
		if (data === undefined) throw this.#forged(revision);
		const { code, mac, ...event } = data;
		if (!this.#isRight(event, revision, code, mac)) throw this.#forged(revision);
		if (code !== undefined) this.#isChained = true;
		if (!this.#isOwn(data.type)) return undefined;
		const read = this.#options.schema.safeParse(event);
		if (read.success) return read.data;
		throw this.#forged(revision, read.error);
	}

	#isRight(event: object, revision: number, code: string | undefined, mac: string | undefined): boolean {
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
			message: `Entry ${revision} of the stream ${this.#options.stream} is not an event of this platform's, or not at its place.`,
			hint: "Somebody wrote to the store, or it belongs to another identity: restore it from a backup.",
			exit: EXIT.integrity,
			cause,
		});
	}
}

/**
 * The event of an entry whose code nobody checks here; undefined for one that only says that entries are chained.
 * @throws SyntaxError where it is not JSON, TypeError where it is nothing
 */
export function eventOf(body: string): { readonly type?: unknown } | undefined {
	const { code: _, mac: __, ...event } = JSON.parse(body) as { code?: string; mac?: string; type?: unknown };
	return event.type === CHAINED ? undefined : event;
}

function parsed(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}
