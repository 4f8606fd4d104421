/**
 * Claims of automation runs. A claim is durable before its run begins, so that no run happens twice: not in
 * this process, not in the next one, and not in another node.
 *
 * The stored size is bounded, although automations run without end. Claims are appended to a stream until it is full. A
 * new stream then begins with the last claim of each automation.
 */
import * as z from "zod";
import { AppError } from "../../errors.ts";
import { EventStream, STREAM_DELETED } from "../events/event-stream.ts";
import { Mutex } from "../machine/mutex.ts";
import type { Store } from "../store/store.ts";

const claimSchema = z.strictObject({
	app: z.string(),
	function: z.string(),
	automation: z.string(),
	/**
	 * The function's lifetime (`lifetimeKey`). Left out by earlier versions, which identified a function by its
	 * name.
	 */
	life: z.string().optional(),
	/** When the automation got its current schedule. A claim for another schedule is ignored. */
	anchorMs: z.int().min(0),
	/** The time of the last claimed run. */
	dueMs: z.int().min(0),
	/** The number of claimed runs. */
	runs: z.int().min(1),
});
export type Claim = z.infer<typeof claimSchema>;

const eventSchema = z.discriminatedUnion("type", [
	z.strictObject({ type: z.literal("claimed"), claim: claimSchema }),
	/** The first event of a stream that follows another. */
	z.strictObject({ type: z.literal("kept"), claims: z.array(claimSchema) }),
	/** The last event of a stream that another follows. */
	z.strictObject({ type: z.literal("full") }),
]);
type ClaimEvent = z.infer<typeof eventSchema>;

/** The names of streams are numbers. */
const STREAMS = "schedule/";
const NUMBER_DIGITS = 12;
/** The most claims in one stream. */
const CLAIMS_MAX = 1_000;

export type ClaimKey = Pick<Claim, "app" | "function" | "automation" | "anchorMs" | "life">;

type Due = ClaimKey & { readonly dueMs: number };

export interface ClaimsOptions {
	readonly store: Store;
	/** The key of the platform's identity for stored state: 32 bytes. */
	readonly key: Uint8Array;
	/** Whether this automation exists and has this schedule. Claims of others are dropped with their stream. */
	readonly isListed: (claim: Claim) => boolean;
	/** Reads what other nodes have appended about automations, so that `isListed` knows it. */
	readonly readApps?: (() => Promise<void>) | undefined;
	readonly claimsMax?: number;
}

export class Claims {
	readonly #options: ClaimsOptions;
	readonly #mutex = new Mutex();
	readonly #last = new Map<string, Claim>();
	#events: EventStream<ClaimEvent>;
	/** The number of the stream that is read. 0 until it has an entry. */
	#number = 0;
	#count = 0;
	#isFull = false;

	private constructor(options: ClaimsOptions, number: number) {
		this.#options = options;
		this.#events = this.#stream(number);
	}

	/**
	 * Reads the claims.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	static async open(options: ClaimsOptions): Promise<Claims> {
		const { store } = options;
		const names = await store.streams(STREAMS);
		const last = lastOf(names);
		const claims = new Claims(options, last);
		await claims.#events.open();
		// Streams that are left if the platform was killed between writing the next one and deleting these.
		for (const name of names) if (name < nameOf(last - 1)) await store.deleteStreams(name);
		if (claims.#isFull) await claims.#beginNext();
		return claims;
	}

	/** The last claim of an automation. Undefined if it has none for its current schedule. */
	find(of: ClaimKey): Claim | undefined {
		const claim = this.#last.get(keyOf(of)) ?? this.#last.get(keyOf({ ...of, life: undefined }));
		return claim?.anchorMs === of.anchorMs ? claim : undefined;
	}

	/**
	 * Claims a run. The claim is durable once this resolves.
	 * @returns false if this run, or a later one, was claimed before
	 * @throws AppError `STORE_CONTENDED` (exit 5)
	 */
	claim(due: Due): Promise<boolean> {
		return this.#mutex.run(async () => {
			try {
				return await this.#claim(due);
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== STREAM_DELETED) throw error;
				await this.#skipTo(lastOf(await this.#options.store.streams(STREAMS)));
				return await this.#claim(due);
			}
		});
	}

	async #claim(due: Due): Promise<boolean> {
		const isOver = () => !this.#isFull && this.#count >= (this.#options.claimsMax ?? CLAIMS_MAX);
		await this.#events.append(() => (isOver() ? { type: "full" } : undefined));
		for (;;) {
			// Another node may also have filled the stream.
			if (this.#isFull) await this.#beginNext();
			let isMine = false;
			await this.#events.append(() => {
				const last = this.find(due);
				isMine = !this.#isFull && (last === undefined || due.dueMs > last.dueMs);
				return isMine ? { type: "claimed", claim: { ...due, runs: 1 + (last?.runs ?? 0) } } : undefined;
			});
			if (!this.#isFull) return isMine;
		}
	}

	/** Reads a later stream, because other nodes have deleted those before. */
	async #skipTo(number: number): Promise<void> {
		this.#events = this.#stream(number);
		this.#isFull = false;
		this.#count = 0;
		await this.#events.catchUp();
	}

	/** Continues in the next stream, and creates it unless another node has done so. */
	async #beginNext(): Promise<void> {
		const full = this.#number;
		// This node may know nothing of several streams, of which the first are deleted.
		const last = lastOf(await this.#options.store.streams(STREAMS));
		if (last > full + 1) return await this.#skipTo(last);
		// The stream is full of claims of automations of which this node may not have read yet.
		await this.#options.readApps?.();
		const next = this.#stream(full + 1);
		await next.append(() => {
			const claims = [...this.#last.values()].filter(this.#options.isListed);
			return this.#number === full ? { type: "kept", claims } : undefined;
		});
		this.#events = next;
		// The full stream stays until the next one is full, for nodes that have not read its end yet.
		if (full > 1) await this.#options.store.deleteStreams(nameOf(full - 1));
	}

	#stream(number: number): EventStream<ClaimEvent> {
		const { key, store } = this.#options;
		const apply = (event: ClaimEvent) => this.#apply(number, event);
		return new EventStream({ store, stream: nameOf(number), schema: eventSchema, key, apply });
	}

	#apply(number: number, event: ClaimEvent): void {
		this.#number = number;
		if (event.type === "full") this.#isFull = true;
		else if (event.type === "claimed") {
			this.#last.set(keyOf(event.claim), event.claim);
			this.#count++;
		} else {
			this.#last.clear();
			for (const claim of event.claims) this.#last.set(keyOf(claim), claim);
			this.#count = 0;
			this.#isFull = false;
		}
	}
}

/** The number of the last stream. 1 if there is none. */
function lastOf(names: readonly string[]): number {
	return Math.max(1, ...names.map((name) => Number(name.slice(STREAMS.length))));
}

function nameOf(number: number): string {
	return `${STREAMS}${String(number).padStart(NUMBER_DIGITS, "0")}`;
}

function keyOf({ app, function: name, automation, life = "" }: Omit<ClaimKey, "anchorMs">): string {
	return JSON.stringify([app, name, automation, life]);
}
