/**
 * Divides the thread of the stores between apps. A task is one request of a process, one answer to a watch, or one removal
 * of expired entries. The app that has used the thread for the shortest time is next, whatever the number of its
 * processes. So a request waits for about one task of each other app. An app that is alone does not get the whole thread
 * either: above its share it pauses, because the thread takes the platform's processor time and not the app's.
 */

/** Something of an app that has work. */
export interface KvTurn {
	/** Does one task, and adds itself again if it has more work. Must not throw. */
	run(): void;
}

export interface KvTurnsOptions {
	/** The part of the time in which one app may use the thread: above 0, at most 1. */
	readonly share: number;
	/** The time for which an app that used less than its share may exceed it. */
	readonly burstMs: number;
	/** A clock that only goes forward. */
	readonly now: () => number;
	/** Runs a task later, after the thread has read from its sockets. @returns a function that cancels it */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

interface AppUse {
	/** What has work, in the order of its turns. */
	readonly waiting: Set<KvTurn>;
	/** The time that the app has used. An app without work does not save up time. */
	usedMs: number;
	/** The time that the app may use before it pauses. Negative after a long task. */
	creditMs: number;
	creditedMs: number;
}

export class KvTurns {
	readonly #options: KvTurnsOptions;
	readonly #apps = new Map<string, AppUse>();
	/** The used time of the app that was served last. */
	#servedMs = 0;
	#cancel: (() => void) | undefined;

	constructor(options: KvTurnsOptions) {
		this.#options = options;
	}

	/** The number of apps about which something is remembered. */
	get size(): number {
		return this.#apps.size;
	}

	/** Adds work of an app. Does nothing if it is added already. */
	add(app: string, turn: KvTurn): void {
		const { burstMs, now } = this.#options;
		const fresh: AppUse = { waiting: new Set(), usedMs: 0, creditMs: burstMs, creditedMs: now() };
		const use = this.#apps.get(app) ?? fresh;
		this.#apps.set(app, use);
		if (use.waiting.size === 0) use.usedMs = Math.max(use.usedMs, this.#servedMs);
		use.waiting.add(turn);
		this.#schedule(0);
	}

	/** Removes work that is no longer needed. */
	remove(app: string, turn: KvTurn): void {
		this.#apps.get(app)?.waiting.delete(turn);
	}

	#schedule(delayMs: number): void {
		this.#cancel?.();
		this.#cancel = this.#options.schedule(() => {
			this.#cancel = undefined;
			this.#serve();
		}, delayMs);
	}

	#serve(): void {
		const { burstMs, now, share } = this.#options;
		const nowMs = now();
		let next: AppUse | undefined;
		let pauseMs: number | undefined;
		for (const [app, use] of this.#apps) {
			this.#credit(use, nowMs);
			if (use.waiting.size === 0) {
				// It has not used more than its share for a while, so it is like an app that is not known.
				if (use.creditMs >= burstMs) this.#apps.delete(app);
			} else if (use.creditMs <= 0)
				pauseMs = Math.min(pauseMs ?? Number.POSITIVE_INFINITY, -use.creditMs / share);
			else if (next === undefined || use.usedMs < next.usedMs) next = use;
		}
		if (next !== undefined) this.#run(next);
		else if (pauseMs !== undefined) this.#schedule(Math.ceil(pauseMs) + 1);
	}

	#run(use: AppUse): void {
		const { now } = this.#options;
		const startMs = now();
		const [turn] = use.waiting;
		this.#servedMs = Math.max(this.#servedMs, use.usedMs);
		if (turn !== undefined) use.waiting.delete(turn);
		turn?.run();
		const tookMs = now() - startMs;
		use.usedMs += tookMs;
		use.creditMs -= tookMs;
		this.#schedule(0);
	}

	#credit(use: AppUse, nowMs: number): void {
		const { burstMs, share } = this.#options;
		use.creditMs = Math.min(burstMs, use.creditMs + (nowMs - use.creditedMs) * share);
		use.creditedMs = nowMs;
	}
}
