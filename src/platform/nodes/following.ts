/** Applies what other nodes append to the store, and brings the functions on this node to it. */
import { setTimeout as delay } from "node:timers/promises";
import { AppError, EXIT } from "../../errors.ts";
import type { App } from "../apps/app.ts";
import type { Apps } from "../apps/apps.ts";
import type { StreamEnds } from "../apps/arrived.ts";
import { PLATFORM_STREAM } from "../events/events.ts";
import { describeError, type Log } from "../faults/log.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import type { SealedStore } from "../store/sealed/sealed-store.ts";
import type { SharedStore, StoreMoment } from "../store/several-nodes.ts";
import type { Progress } from "./announcement.ts";
import { appsOf, isOfPlatform, StreamNews } from "./stream-news.ts";

/** The pause after an error. */
const PAUSE_MS = 1_000;

export interface FollowingOptions {
	readonly store: SharedStore;
	readonly sealed: SealedStore;
	readonly apps: Apps;
	readonly functionsOf: (app: App) => AppFunctions;
	/** Applies the entries of the stream `platform`. */
	readonly catchUpPlatform: () => Promise<void>;
	/** Called when this node has followed the events of an app. */
	readonly onFollowed: (progress: Progress) => Promise<void>;
	readonly log: Log;
}

function isDamage(error: unknown): boolean {
	return error instanceof AppError && error.exit === EXIT.integrity;
}

export class Following {
	readonly #options: FollowingOptions;
	/** The apps that wait for their turn. */
	readonly #waiting = new Set<App>();
	/** The apps whose streams may have entries that were not read. */
	readonly #unread = new WeakSet<App>();
	/** Not what was read: requests read an app's streams too, and then its functions have not followed. */
	readonly #followed = new WeakMap<App, StreamEnds>();
	readonly #news = new StreamNews();
	/** What was said of each app last. */
	readonly #progress = new WeakMap<App, Progress>();
	/** The apps that were not followed completely. */
	readonly #behind = new Set<App>();
	/** The last turn of each app that is being followed. */
	readonly #turns = new Map<string, Promise<void>>();

	constructor(options: FollowingOptions) {
		this.#options = options;
	}

	/** Follows the store until the signal aborts. */
	async run(signal: AbortSignal): Promise<void> {
		const { log, sealed, store } = this.#options;
		while (!signal.aborted) {
			try {
				for await (const moment of store.moments(signal)) await this.#take(moment);
			} catch (error) {
				if (!signal.aborted) log.error(describeError(error), "this node cannot follow the other nodes");
				if (isDamage(error)) await sealed.compare().catch(() => undefined);
			}
			await delay(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
		}
	}

	async #take(moment: StoreMoment): Promise<void> {
		const { apps, catchUpPlatform, sealed } = this.#options;
		await sealed.follow(moment);
		// When the store is the right one again, everything is followed.
		if (sealed.fault !== undefined) return;
		const { heads, removed, isComplete } = moment;
		if (heads.some(isOfPlatform) || removed.includes(PLATFORM_STREAM)) await catchUpPlatform();
		this.#news.add(moment);
		if (isComplete) {
			for (const app of apps.list()) if (this.#hasNews(app)) this.follow(app, this.#isAtEnd(app));
			return;
		}
		for (const id of appsOf(moment)) {
			const app = apps.find(id);
			if (app === undefined) this.#news.drop(id);
			else this.follow(app, true);
		}
	}

	/** Whether a stream of an app has entries that were not followed. */
	#hasNews(app: App): boolean {
		const { changes = 0, events = 0 } = this.#followed.get(app) ?? {};
		const ends = this.#news.endsOf(app.id);
		return ends.events > events || ends.changes > changes;
	}

	/** Whether everything in an app's streams was read. A start reads it right before the first moment arrives. */
	#isAtEnd(app: App): boolean {
		const { changes, events } = this.#news.endsOf(app.id);
		return changes === app.state.head.revision && events === app.eventRevision;
	}

	/** How far this node has followed an app. Undefined: it has not yet. */
	progressOf(app: App): Progress | undefined {
		return this.#progress.get(app);
	}

	/** Follows again what could not be followed. A version that was attempted and did not start is not started again. */
	retry(): void {
		for (const app of this.#behind) this.follow(app);
	}

	/**
	 * Follows an app, after the turn that is in progress. Calls that come before a turn begins share it.
	 * @param isTold whether moments have told of everything that has to be followed. Otherwise the app's streams are read
	 */
	follow(app: App, isTold = false): void {
		if (!isTold) this.#unread.add(app);
		if (this.#waiting.has(app)) return;
		this.#waiting.add(app);
		const turn = (this.#turns.get(app.id) ?? Promise.resolve())
			.then(() => {
				this.#waiting.delete(app);
				return this.#turn(app);
			})
			.catch((error: unknown) => {
				if (app.retired.aborted) return;
				this.#behind.add(app);
				this.#options.log.error({ app: app.id, ...describeError(error) }, "this node cannot follow an app");
			})
			.finally(() => {
				if (this.#turns.get(app.id) === turn) this.#turns.delete(app.id);
			});
		this.#turns.set(app.id, turn);
	}

	async #turn(app: App): Promise<void> {
		this.#behind.delete(app);
		if (app.retired.aborted) return;
		const arrived = this.#news.take(app.id);
		// Before the read, so that a later entry is read by the next turn.
		const isUnread = this.#unread.delete(app);
		// What cannot be taken is read. If it is damaged, the read says so.
		if (isUnread || !(await app.take(arrived).catch(() => false))) await app.catchUp();
		const revision = app.eventRevision;
		const changes = app.state.head.revision;
		if (app.retired.aborted) return;
		const { failed, trials } = await this.#options.functionsOf(app).follow();
		if (failed.length > 0) this.#behind.add(app);
		// A function that is being tried may still run with earlier values. So nothing is reported before it is followed too.
		if (trials !== undefined) void trials.then(() => this.follow(app, true));
		else {
			this.#followed.set(app, { events: revision, changes });
			const progress = { app: app.id, revision, failed: [...failed] };
			this.#progress.set(app, progress);
			await this.#options.onFollowed(progress);
		}
	}
}
