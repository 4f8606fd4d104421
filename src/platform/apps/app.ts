/** One app of a running platform: its state, and the only way to append to its streams. */
import type { Change } from "../../protocol/change.ts";
import { EventStream } from "../events/event-stream.ts";
import { type AppEvent, appEventSchema, eventStream } from "../events/events.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import { Mutex } from "../machine/mutex.ts";
import type { StreamEntry } from "../store/store.ts";
import { acceptChange } from "./accept-change.ts";
import { appNotFound, logContended, notLinked } from "./app-faults.ts";
import type { AppendOutcome, AppOptions, Entries } from "./app-options.ts";
import { type Arrived, nextOf } from "./arrived.ts";
import { completeHistory, needsHistory } from "./checkpoints/history.ts";
import { restoreFold, type SavedApp, saveFold, type UsableCheckpoint } from "./checkpoints/saved-fold.ts";
import { LocalEnvironment } from "./local-environment.ts";
import { changeStream, decodeEntry, readEntries } from "./log-entries.ts";
import { shadowedSecrets } from "./shadowed-secrets.ts";
import { AppFold, type AppState } from "./state/app-state.ts";

const APPEND_ATTEMPTS_MAX = 100;
const CHANGES_FUNCTIONS: ReadonlySet<AppEvent["type"]> = new Set(["deployed", "deploy-failed", "deleted"]);

export class App {
	readonly id: string;
	/** Id of the app's lifetime. An earlier or later app of the same name has another. */
	readonly lifetimeId: string;
	/** Whether the app was created by a version that stored logs under names. */
	readonly isEarlier: boolean;
	/** Seals and opens the secrets that the platform itself stores for the app. */
	readonly local: LocalEnvironment;
	readonly #fold: AppFold;
	readonly #options: AppOptions;
	readonly #changes: string;
	readonly #events: EventStream<AppEvent>;
	readonly #appending = new Mutex();
	readonly #recording = new Mutex();
	readonly #retired = new AbortController();
	/** The number of entries in the checkpoint from which the app was opened. */
	readonly openedFrom: number;

	private constructor(options: AppOptions, saved: SavedApp | undefined) {
		this.id = options.context.app;
		this.lifetimeId = options.lifetime.id;
		this.isEarlier = options.lifetime.isEarlier;
		this.local = new LocalEnvironment(this.id, options.lifetime, options.identity);
		this.#options = options;
		this.#fold = new AppFold(options.context, options.isShared);
		this.#changes = changeStream(this.id);
		this.#events = new EventStream({
			store: options.store,
			stream: eventStream(this.id),
			owner: options.lifetime.id,
			schema: appEventSchema,
			key: options.identity.stateKey,
			apply: (event) => this.#apply(event),
			// An event may be about a change that was appended before it.
			beforeEntries: options.isShared ? () => this.#appending.run(() => this.#catchUp()) : undefined,
		});
		if (saved !== undefined) {
			restoreFold(this.#fold, saved.fold);
			this.#events.resume({ revision: saved.events.revision, previous: saved.previous });
		}
		this.openedFrom = this.entryCount;
	}

	/**
	 * Reads an app's streams.
	 * @param from a checkpoint: only what was appended later is read. Undefined: all is read.
	 * @throws AppError exit 7 if a stream is damaged or altered
	 */
	static async open(options: AppOptions, from?: UsableCheckpoint): Promise<App> {
		const app = new App(options, from?.saved);
		if (!from?.isAtEnd.changes) await app.#catchUp();
		if (!from?.isAtEnd.events) await app.#events.open();
		await app.#dropShadowed();
		return app;
	}

	/** The number of entries that were applied. */
	get entryCount(): number {
		return this.#fold.head.revision + this.#events.revision;
	}

	/** The app's state, for a checkpoint. */
	save(): Omit<SavedApp, "changes" | "events"> {
		const { context, isShared } = this.#fold;
		const place = { context, lifetime: this.lifetimeId, isShared };
		return { ...place, previous: this.#events.position.previous, fold: saveFold(this.#fold) };
	}

	/**
	 * Reads the part of the log that the state lacks (`AppState.historyFrom`), and verifies all of it.
	 * @throws AppError exit 7 if a stream is damaged or altered; `APP_NOT_FOUND` (exit 4) if the app has been deleted
	 */
	readHistory = (): Promise<void> => this.#appending.run(() => this.#readHistory());

	async #readHistory(): Promise<void> {
		const { identity, lifetime, store } = this.#options;
		const from = { events: this.#events.position, lifetime, store, key: identity.stateKey };
		await completeHistory(this.#fold, from, () => this.checkPresent());
	}

	get state(): AppState {
		return this.#fold;
	}

	/** The lifetime of the function that has this name now. Undefined if there is none. */
	functionLifetime(name: string): FunctionLifetime | undefined {
		const firstDeployment = this.#fold.functions.get(name)?.firstDeployment;
		return firstDeployment === undefined ? undefined : { app: this.lifetimeId, function: firstDeployment };
	}

	/** Whether the app is linked with a vault. */
	get isLinked(): boolean {
		return this.#fold.context.vaultId !== "";
	}

	/** Links an app that has no vault with one. */
	link(bound: { vaultId: string; environment: string }): void {
		this.#fold.link({ app: this.id, ...bound });
	}

	/**
	 * Appends a change, or returns the entries that the author must merge first. The change is durable once
	 * this resolves.
	 * @throws AppError as `acceptChange`. `STORE_CONTENDED` (exit 5)
	 */
	async append(change: Change): Promise<AppendOutcome> {
		const outcome = await this.#appending.run(() => this.#append(change));
		if ("accepted" in outcome) await this.#dropShadowed();
		return outcome;
	}

	async #append(change: Change): Promise<AppendOutcome> {
		this.checkPresent();
		if (!this.isLinked) throw notLinked();
		for (let attempt = 0; attempt < APPEND_ATTEMPTS_MAX; attempt++) {
			const outcome = await this.#tryAppend(change);
			if (outcome !== undefined) return outcome;
			await this.#catchUp();
		}
		throw logContended(this.id, APPEND_ATTEMPTS_MAX);
	}

	/** Applies what other nodes have appended. @throws AppError exit 7 if a stream is damaged or altered */
	async catchUp(): Promise<void> {
		// At the same time: an event that comes first waits for the changes that were appended before it.
		await Promise.all([this.#events.catchUp(), this.#appending.run(() => this.#catchUp())]);
	}

	/**
	 * Applies entries that other nodes have appended, without a read.
	 * @returns whether everything that was appended until then is applied @throws as `catchUp`
	 */
	async take({ entries, ends }: Arrived): Promise<boolean> {
		await this.#appending.run(async () => {
			for (const entry of nextOf(entries, this.#changes, () => this.#fold.head.revision))
				await this.#applyChange(entry);
		});
		// An event may be about a change that was appended before it.
		if (this.#fold.head.revision < ends.changes) return false;
		for (const entry of nextOf(entries, eventStream(this.id), () => this.eventRevision))
			this.#events.take(entry);
		return this.eventRevision >= ends.events;
	}

	/** The position of the last event that was applied. */
	get eventRevision(): number {
		return this.#events.revision;
	}

	/** @returns undefined if another node appended first */
	async #tryAppend(change: Change): Promise<AppendOutcome | undefined> {
		const { head } = this.#fold;
		const base = change.base.revision;
		if (needsHistory(this.#fold, change)) await this.#readHistory();
		const decision = acceptChange(this.#fold, change, this.#options.identity);
		if ("stale" in decision) return { stale: await this.entries(decision.stale), head };
		if ("duplicate" in decision) {
			const accepted = decision.duplicate;
			return { accepted, since: await this.entries(base, accepted.revision), isRepeat: true };
		}
		const { entry, header, records } = decision;
		const { now, store } = this.#options;
		// The schema of entries takes no negative time, but the machine's clock may be set to one. An entry
		// that cannot be read back would damage the log.
		const received = { ...entry, receivedMs: Math.max(0, now()) };
		const result = await store.append(this.#changes, head.revision, JSON.stringify(received));
		if (!result.appended) return undefined;
		this.#fold.applyAccepted(received, header, records);
		const { revision } = entry;
		const since = await this.entries(base, revision);
		return { accepted: { revision, head: entry.head }, since, isRepeat: false };
	}

	/**
	 * Entries after a revision, oldest first: at most one page by count and by bytes.
	 * @param before revision of the first entry to leave out
	 */
	async entries(after: number, before = this.#fold.head.revision + 1): Promise<Entries> {
		return await readEntries(this.#options.store, this.id, after, before - after - 1);
	}

	/** Appends an event of the platform's own and applies it. @param make gets the state at the time of the append */
	record(make: (state: AppState) => AppEvent | undefined): Promise<void> {
		return this.#recording.run(async () => {
			this.checkPresent();
			await this.#events.append(() => make(this.#fold));
		});
	}

	#apply(event: AppEvent): void {
		this.#fold.applyEvent(event);
		if (CHANGES_FUNCTIONS.has(event.type)) this.#options.onFunctions?.(this.id);
	}

	async #dropShadowed(): Promise<void> {
		const dropped = () => shadowedSecrets(this.#fold, this.local, this.#options.now);
		if (dropped() !== undefined) await this.record(dropped);
	}

	/**
	 * Refuses all further appends, because the app is being deleted. Resolves once appends in progress have
	 * ended.
	 */
	async retire(): Promise<void> {
		this.#retired.abort();
		await Promise.all([this.#appending.run(async () => {}), this.#recording.run(async () => {})]);
	}

	/** Aborted when the app is deleted. */
	get retired(): AbortSignal {
		return this.#retired.signal;
	}

	/** @throws AppError `APP_NOT_FOUND` (exit 4) if the app has been deleted */
	checkPresent(): void {
		if (this.#retired.signal.aborted) throw appNotFound(this.id);
	}

	async #catchUp(): Promise<void> {
		for (const entry of await this.#options.store.read(this.#changes, this.#fold.head.revision))
			await this.#applyChange(entry);
	}

	async #applyChange(entry: StreamEntry): Promise<void> {
		const decoded = decodeEntry(entry, this.id);
		if (needsHistory(this.#fold, decoded.change)) await this.#readHistory();
		this.#fold.applyEntry(decoded);
	}
}
