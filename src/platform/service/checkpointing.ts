/**
 * Writes the checkpoints of apps, so that the next start reads little of their histories.
 *
 * Never on the path of a change: once in a while the platform looks for apps that were quiet since the last look, and
 * writes a few at a time. With several nodes, one of them does so.
 */
import type { App } from "../apps/app.ts";
import type { AppCheckpoints } from "../apps/checkpoints/app-checkpoints.ts";
import { describeError, type Log } from "../faults/log.ts";
import type { Clock } from "../machine/clock.ts";
import { sharedStore } from "../store/several-nodes.ts";
import type { Store } from "../store/store.ts";

const LOOK_MS = 60_000;
/** The pause after some checkpoints were written, in which the platform does other work. */
const PAUSE_MS = 250;
/** How many are written at once: so many apps at most, and none after so many secrets. 10,000 secrets take 40 ms. */
const APPS_AT_ONCE = 16;
const SECRETS_AT_ONCE = 1_000;
/** So many entries are worth a checkpoint of an app that is never quiet. */
const ENTRIES_MAX = 256;
/** A checkpoint of this size is written for each entry, at most. A larger one waits for more entries. */
const CHARACTERS_PER_ENTRY = 16_384;
const LEASE = "checkpoints";

export interface CheckpointingOptions {
	readonly apps: { list(): readonly App[] };
	readonly checkpoints: Pick<AppCheckpoints, "write">;
	/** The store below the seal. */
	readonly store: Store;
	readonly clock: Pick<Clock, "schedule">;
	readonly log: Log;
}

/** What the last checkpoint of an app has. */
interface Written {
	readonly entries: number;
	readonly size: number;
}

export class Checkpointing {
	readonly #options: CheckpointingOptions;
	readonly #written = new WeakMap<App, Written>();
	/** The number of entries of each app at the last look. */
	#seen = new WeakMap<App, number>();
	#waiting: App[] = [];
	#cancel = () => {};
	#working: Promise<void> = Promise.resolve();
	#isClosed = false;

	constructor(options: CheckpointingOptions) {
		this.#options = options;
	}

	/** Begins to write checkpoints, now and then, until `close` is called. */
	start(): void {
		this.#look();
		this.#schedule(LOOK_MS, () => this.turn());
	}

	/** Ends it. Resolves when nothing is being written. */
	async close(): Promise<void> {
		this.#isClosed = true;
		this.#cancel();
		await this.#working;
	}

	/** Writes some checkpoints. The apps that need one are looked for when no app waits. */
	async turn(): Promise<void> {
		try {
			if (this.#waiting.length === 0 && (await this.#isMine())) this.#waiting = this.#look();
			const written = await this.#options.checkpoints.write(this.#next());
			for (const [app, { entries, size }] of written) this.#written.set(app, { entries, size });
		} catch (error) {
			this.#waiting = [];
			if (!this.#isClosed) this.#options.log.warn(describeError(error), "checkpoints could not be written");
		}
		this.#schedule(this.#waiting.length === 0 ? LOOK_MS : PAUSE_MS, () => this.turn());
	}

	/** Takes some of the apps that wait. */
	#next(): App[] {
		const apps: App[] = [];
		for (let secrets = 0; secrets < SECRETS_AT_ONCE && apps.length < APPS_AT_ONCE; ) {
			const app = this.#waiting.shift();
			if (app === undefined) break;
			if (app.retired.aborted) continue;
			apps.push(app);
			secrets += app.state.records.size + app.state.local.size;
		}
		return apps;
	}

	#schedule(delayMs: number, work: () => Promise<void>): void {
		if (this.#isClosed) return;
		this.#cancel = this.#options.clock.schedule(() => {
			this.#working = work();
		}, delayMs);
	}

	/** Whether this node writes checkpoints now. */
	async #isMine(): Promise<boolean> {
		const shared = sharedStore(this.#options.store);
		return shared === undefined || (await shared.lease(LEASE, shared.node, 2 * LOOK_MS));
	}

	/** The apps that need a checkpoint. */
	#look(): App[] {
		return this.#options.apps.list().filter((app) => {
			const count = app.entryCount;
			const isQuiet = this.#seen.get(app) === count;
			this.#seen.set(app, count);
			const { entries, size } = this.#written.get(app) ?? { entries: app.openedFrom, size: 0 };
			const due = count - entries;
			return due > 0 && due * CHARACTERS_PER_ENTRY >= size && (isQuiet || due >= ENTRIES_MAX);
		});
	}
}
