/**
 * Reading and writing a stream of the platform's own events. Each carries a code made with a key of the
 * platform's identity over the stream, the position and the event: whoever can write to the store, but has not
 * the identity, can neither make, change, move nor swap one.
 */
import { z } from "zod";
import { equalBytes, lengthPrefixed } from "../bytes.ts";
import { fromBase64, hash, toBase64 } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import type { Store, StreamEntry } from "./store/store.ts";

const DOMAIN = "coffer/platform-event/1";
/** Each lost race is another node's success, so that reaching this means something is wrong. */
const APPEND_ATTEMPTS_MAX = 100;

const envelopeSchema = z.object({ type: z.string(), mac: z.string() }).loose();

export interface EventStreamOptions<Event> {
	readonly store: Store;
	/** Name of the stream in the store. */
	readonly stream: string;
	/** Begins the `type` of every event that is this reader's; others in the stream are passed over. */
	readonly typePrefix?: string;
	readonly schema: z.ZodType<Event>;
	/** The platform identity's key for what it keeps, 32 bytes. */
	readonly key: Uint8Array;
	/** Takes in each event, in order, once. */
	readonly apply: (event: Event) => void;
}

export class EventStream<Event extends { readonly type: string }> {
	readonly #options: EventStreamOptions<Event>;
	#revision = 0;

	constructor(options: EventStreamOptions<Event>) {
		this.#options = options;
	}

	/**
	 * Takes in what was appended since the last time.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async catchUp(): Promise<void> {
		const { store, stream } = this.#options;
		for (const entry of await store.read(stream, this.#revision)) {
			if (entry.revision <= this.#revision) continue;
			const event = this.#decode(entry);
			this.#revision = entry.revision;
			if (event !== undefined) this.#options.apply(event);
		}
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
			const result = await store.append(stream, expected, this.#encode(event, expected + 1));
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

	#mac(revision: number, text: string): Uint8Array {
		return hash(lengthPrefixed(DOMAIN, this.#options.stream, revision, text), this.#options.key);
	}

	#encode(event: Event, revision: number): string {
		return JSON.stringify({ ...event, mac: toBase64(this.#mac(revision, JSON.stringify(event))) });
	}

	#decode({ revision, body }: StreamEntry): Event | undefined {
		const { schema, stream, typePrefix = "" } = this.#options;
		const { success, data } = envelopeSchema.safeParse(parsed(body));
		if (success && !data.type.startsWith(typePrefix)) return undefined;
		const { mac: code = "", ...event } = data ?? {};
		const mac = fromBase64(code);
		const read = schema.safeParse(event);
		if (read.success && mac && equalBytes(mac, this.#mac(revision, JSON.stringify(event)))) return read.data;
		throw new AppError({
			code: "EVENT_FORGED",
			message: `Entry ${revision} of the stream ${stream} is not an event of this platform's.`,
			hint: "Somebody wrote to the store, or it belongs to another identity: restore it from a backup.",
			exit: EXIT.integrity,
		});
	}
}

function parsed(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}
