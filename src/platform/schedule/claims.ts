/**
 * Which runs of automations were begun, durable before each begins: so that none is done twice, by this process, the
 * next or another node. What is kept is bounded, although automations run for ever: claims are appended to a stream
 * until it is full, and a new one then begins with the last claim of each automation.
 */
import { z } from "zod";
import { EventStream } from "../events/event-stream.ts";
import { Mutex } from "../machine/mutex.ts";
import type { Store } from "../store/store.ts";

const claimSchema = z.strictObject({
	app: z.string(),
	function: z.string(),
	automation: z.string(),
	/** Of the function (`lifetimeKey`). Left out by earlier versions, which knew a function by its name. */
	life: z.string().optional(),
	/** When it got the rhythm that it has: with another, nothing of this counts. */
	anchorMs: z.int().min(0),
	/** The instant that was claimed last. */
	dueMs: z.int().min(0),
	/** How many were claimed. */
	runs: z.int().min(1),
});
export type Claim = z.infer<typeof claimSchema>;

const eventSchema = z.discriminatedUnion("type", [
	z.strictObject({ type: z.literal("claimed"), claim: claimSchema }),
	/** The first of a stream that follows another. */
	z.strictObject({ type: z.literal("kept"), claims: z.array(claimSchema) }),
	/** The last of a stream that another follows. */
	z.strictObject({ type: z.literal("full") }),
]);
type ClaimEvent = z.infer<typeof eventSchema>;

/** Streams are called by their number. */
const STREAMS = "schedule/";
const NUMBER_DIGITS = 12;
/** How many claims are appended until the next stream begins. */
const CLAIMS_MAX = 1_000;

export type ClaimKey = Pick<Claim, "app" | "function" | "automation" | "anchorMs" | "life">;

export interface ClaimsOptions {
	readonly store: Store;
	/** The platform identity's key for what it keeps, 32 bytes. */
	readonly key: Uint8Array;
	/** Whether there is such an automation, with that rhythm; others are forgotten with the stream that they are in. */
	readonly isListed: (claim: Claim) => boolean;
	readonly claimsMax?: number;
}

export class Claims {
	readonly #options: ClaimsOptions;
	readonly #turns = new Mutex();
	readonly #last = new Map<string, Claim>();
	#events: EventStream<ClaimEvent>;
	/** Of the stream that is read, once there is anything in it. */
	#number = 0;
	#count = 0;
	#isFull = false;

	private constructor(options: ClaimsOptions, number: number) {
		this.#options = options;
		this.#events = this.#stream(number);
	}

	/**
	 * Reads what was claimed.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	static async open(options: ClaimsOptions): Promise<Claims> {
		const { store } = options;
		const names = await store.streams(STREAMS);
		const last = Math.max(1, ...names.map((name) => Number(name.slice(STREAMS.length))));
		const claims = new Claims(options, last);
		await claims.#events.open();
		// What is left where the platform was killed between the two.
		for (const name of names) if (name < nameOf(last - 1)) await store.deleteStreams(name);
		if (claims.#isFull) await claims.#beginNext();
		return claims;
	}

	/** The last claim of an automation; undefined where there is none since it got its rhythm. */
	find(of: ClaimKey): Claim | undefined {
		const claim = this.#last.get(keyOf(of)) ?? this.#last.get(keyOf({ ...of, life: undefined }));
		return claim?.anchorMs === of.anchorMs ? claim : undefined;
	}

	/**
	 * Claims a run. Durable once this resolves.
	 * @returns false where it, or a later one, was claimed before
	 * @throws AppError `STORE_CONTENDED` (exit 5)
	 */
	claim(due: ClaimKey & { readonly dueMs: number }): Promise<boolean> {
		return this.#turns.run(async () => {
			const isOver = () => !this.#isFull && this.#count >= (this.#options.claimsMax ?? CLAIMS_MAX);
			await this.#events.append(() => (isOver() ? { type: "full" } : undefined));
			for (;;) {
				// Another node may have found it full as well.
				if (this.#isFull) await this.#beginNext();
				let isMine = false;
				await this.#events.append(() => {
					const last = this.find(due);
					isMine = !this.#isFull && (last === undefined || due.dueMs > last.dueMs);
					return isMine ? { type: "claimed", claim: { ...due, runs: 1 + (last?.runs ?? 0) } } : undefined;
				});
				if (!this.#isFull) return isMine;
			}
		});
	}

	/** Goes on in the stream that follows a full one, begun where nobody did yet. */
	async #beginNext(): Promise<void> {
		const full = this.#number;
		const next = this.#stream(full + 1);
		await next.append(() => {
			const claims = [...this.#last.values()].filter(this.#options.isListed);
			return this.#number === full ? { type: "kept", claims } : undefined;
		});
		this.#events = next;
		// The full one stays until the next is, for whoever has yet to read that it is full.
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

function nameOf(number: number): string {
	return `${STREAMS}${String(number).padStart(NUMBER_DIGITS, "0")}`;
}

function keyOf({ app, function: name, automation, life = "" }: Omit<ClaimKey, "anchorMs">): string {
	return JSON.stringify([app, name, automation, life]);
}
