/** Requests, response times and memory of functions in the last 24 hours, in slots of five minutes. */
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import { lifetimeKey } from "../../functions/lifetimes.ts";
import type { Clock } from "../../machine/clock.ts";
import type { AnswerTimes } from "../request-metrics.ts";
import {
	addTo,
	countAnswer,
	decodeSlots,
	emptySlot,
	quantile,
	SLOT_MS,
	SLOTS,
	type Slot,
	slotStart,
} from "./slot.ts";
import type { SlotFiles } from "./slot-files.ts";

/** How often the memory of processes is read. */
const SAMPLE_MS = 60_000;
/** The first time, so that the console does not show an empty plot for a minute. */
const FIRST_SAMPLE_MS = 5_000;

/** One function's figures in one span of time. */
export interface Point {
	readonly atMs: number;
	readonly requests: number;
	readonly errors: number;
	readonly p50Ms: number | null;
	readonly p99Ms: number | null;
	readonly memoryBytes: number | null;
}

export interface FiguresOptions {
	readonly files: SlotFiles;
	readonly clock: Clock;
	/** The functions that run, with the memory of their processes. */
	readonly memory: () => AsyncIterable<readonly [of: FunctionLifetime, bytes: number]>;
	/** Called if a slot cannot be stored. It is lost then. */
	readonly onError: (error: unknown) => void;
}

interface Open {
	readonly of: FunctionLifetime;
	slot: Slot;
}

export class Figures {
	readonly #options: FiguresOptions;
	/** The present slot of each function that was called, or ran, in it. */
	readonly #open = new Map<string, Open>();
	#cancel = () => {};
	#isClosed = false;

	constructor(options: FiguresOptions) {
		this.#options = options;
	}

	/** Begins to read the memory of processes, and to store slots when they end. */
	start(): void {
		const next = (delayMs: number) => {
			if (this.#isClosed) return;
			const task = () => void this.#tick().finally(() => next(SAMPLE_MS));
			this.#cancel = this.#options.clock.schedule(task, delayMs);
		};
		next(FIRST_SAMPLE_MS);
	}

	/** Counts an answer of a function. @param answer `ms`: from the request to its end */
	answered(of: FunctionLifetime, { ms, status }: { readonly ms: number; readonly status: number }): void {
		this.answeredAll(of, status, [[ms, 1]]);
	}

	/** Counts answers of a function with the same status. */
	answeredAll(of: FunctionLifetime, status: number, times: AnswerTimes): void {
		const slot = this.#present(of);
		for (const [ms, count] of times) countAnswer(slot, { ms, status }, count);
	}

	/**
	 * What was counted of a function, in order. Spans in which nothing was are left out.
	 * @param stepMs the duration of a span: a multiple of `SLOT_MS`
	 */
	async spans(of: FunctionLifetime, stepMs: number): Promise<Slot[]> {
		const sinceMs = this.sinceMs(stepMs);
		const stored = decodeSlots(await this.#options.files.read(of));
		const present = this.#open.get(lifetimeKey(of))?.slot;
		const slots = present === undefined ? stored : [...stored, present];
		const spans = new Map<number, Slot>();
		for (const slot of slots) {
			const atMs = Math.floor(slot.atMs / stepMs) * stepMs;
			if (atMs < sinceMs || atMs > this.#options.clock.now()) continue;
			const span = spans.get(atMs) ?? emptySlot(atMs);
			spans.set(atMs, span);
			addTo(span, slot);
		}
		return [...spans.values()];
	}

	/** The beginning of the first span of a day. */
	sinceMs(stepMs: number): number {
		const dayMs = SLOTS * SLOT_MS;
		return Math.floor(this.#options.clock.now() / stepMs) * stepMs - dayMs + stepMs;
	}

	/** Removes the figures of a deleted function. */
	async forget(of: FunctionLifetime): Promise<void> {
		this.#open.delete(lifetimeKey(of));
		await this.#options.files.forget(of.app, of.function);
	}

	/** Removes the figures of a deleted app. @param app its lifetime */
	async forgetAll(app: string): Promise<void> {
		for (const [key, { of }] of [...this.#open]) if (of.app === app) this.#open.delete(key);
		await this.#options.files.forget(app);
	}

	/** Removes figures of functions that do not exist. */
	async keepOnly(kept: readonly FunctionLifetime[]): Promise<void> {
		await this.#options.files.keepOnly(kept);
	}

	/** Stores what is counted so far. */
	async close(): Promise<void> {
		this.#isClosed = true;
		this.#cancel();
		const open = [...this.#open.values()];
		this.#open.clear();
		for (const { of, slot } of open) await this.#store(of, slot);
	}

	/** The present slot of a function. One that has ended is stored. */
	#present(of: FunctionLifetime): Slot {
		const key = lifetimeKey(of);
		const atMs = slotStart(this.#options.clock.now());
		const open = this.#open.get(key);
		if (open?.slot.atMs === atMs) return open.slot;
		if (open !== undefined) void this.#store(of, open.slot);
		const slot = emptySlot(atMs);
		this.#open.set(key, { of, slot });
		return slot;
	}

	async #tick(): Promise<void> {
		const atMs = slotStart(this.#options.clock.now());
		for (const [key, { of, slot }] of [...this.#open]) {
			if (slot.atMs === atMs) continue;
			this.#open.delete(key);
			await this.#store(of, slot);
		}
		for await (const [of, bytes] of this.#options.memory()) {
			const slot = this.#present(of);
			slot.memoryBytes = Math.max(slot.memoryBytes, bytes);
		}
	}

	/** Adds a slot to what an earlier run of the platform has stored in it. */
	async #store(of: FunctionLifetime, slot: Slot): Promise<void> {
		const { files, onError } = this.#options;
		try {
			const earlier = decodeSlots(await files.read(of)).find(({ atMs }) => atMs === slot.atMs);
			if (earlier !== undefined) addTo(slot, earlier);
			await files.write(of, slot);
		} catch (error) {
			onError(error);
		}
	}
}

/** What a span says. */
export function pointOf(slot: Slot): Point {
	const { atMs, errors, memoryBytes, requests } = slot;
	const times = { p50Ms: quantile(slot, 0.5), p99Ms: quantile(slot, 0.99) };
	return { atMs, requests, errors, ...times, memoryBytes: memoryBytes === 0 ? null : memoryBytes };
}
