/** One app of a running platform: its state, and the only way to append to its streams. */
import { AppError, EXIT } from "../../errors.ts";
import type { Change, Head, LogContext } from "../../protocol/change.ts";
import { type ChangesPage, MESSAGE_LIMITS } from "../../protocol/messages.ts";
import { EventStream } from "../events/event-stream.ts";
import { type AppEvent, appEventSchema, appStreams, eventStream } from "../events/events.ts";
import type { AppLifetime, FunctionLifetime } from "../functions/lifetimes.ts";
import { Mutex } from "../machine/mutex.ts";
import type { Store } from "../store/store.ts";
import { acceptChange, type MemberIdentity } from "./accept-change.ts";
import { appNotFound, notLinked } from "./app-faults.ts";
import { AppFold, type AppState, isLive } from "./app-state.ts";
import { LocalEnvironment, type LocalIdentity } from "./local-environment.ts";
import { decodeEntry } from "./log-entries.ts";

const APPEND_ATTEMPTS_MAX = 100;
const CHANGES_FUNCTIONS: ReadonlySet<AppEvent["type"]> = new Set(["deployed", "deploy-failed", "deleted"]);

export interface AppOptions {
	readonly context: LogContext;
	readonly lifetime: AppLifetime;
	readonly store: Store;
	readonly identity: MemberIdentity & LocalIdentity;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Called after each change of an app's functions or of their deployments. @param app the id of the app */
	readonly onFunctions?: (app: string) => void;
	/** Whether other nodes append to the streams too. */
	readonly isShared?: boolean | undefined;
}

type Entries = ChangesPage["entries"];

/** The result of appending a change. */
export type AppendOutcome =
	/**
	 * `since`: the first entries between the change's base and the change. `isRepeat`: the change was
	 * appended before.
	 */
	| { readonly accepted: Head; readonly since: Entries; readonly isRepeat: boolean }
	/** The first entries after the change's base, and the current head. */
	| { readonly stale: Entries; readonly head: Head };

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

	private constructor(options: AppOptions) {
		const { app } = options.context;
		this.id = app;
		this.lifetimeId = options.lifetime.id;
		this.isEarlier = options.lifetime.isEarlier;
		this.local = new LocalEnvironment(app, options.lifetime, options.identity);
		this.#options = options;
		this.#fold = new AppFold(options.context, options.isShared);
		this.#changes = `${appStreams(app)}changes`;
		this.#events = new EventStream({
			store: options.store,
			stream: eventStream(app),
			owner: options.lifetime.id,
			schema: appEventSchema,
			key: options.identity.stateKey,
			apply: (event) => this.#apply(event),
			// An event may be about a change that was appended before it.
			beforeEntries: options.isShared ? () => this.#appending.run(() => this.#catchUp()) : undefined,
		});
	}

	/**
	 * Reads all of an app's streams.
	 * @throws AppError exit 7 if a stream is damaged or altered
	 */
	static async open(options: AppOptions): Promise<App> {
		const app = new App(options);
		await app.#catchUp();
		await app.#events.open();
		await app.#dropShadowed();
		return app;
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
		throw new AppError({
			code: "STORE_CONTENDED",
			message: `The log of ${this.id} changed ${APPEND_ATTEMPTS_MAX} times while a change was being appended.`,
			hint: "Try again.",
			exit: EXIT.conflict,
		});
	}

	/** Applies what other nodes have appended. @throws AppError exit 7 if a stream is damaged or altered */
	async catchUp(): Promise<void> {
		// At the same time: an event that comes first waits for the changes that were appended before it.
		await Promise.all([this.#events.catchUp(), this.#appending.run(() => this.#catchUp())]);
	}

	/** The position of the last event that was applied. */
	get eventRevision(): number {
		return this.#events.revision;
	}

	/** @returns undefined if another node appended first */
	async #tryAppend(change: Change): Promise<AppendOutcome | undefined> {
		const { head } = this.#fold;
		const base = change.base.revision;
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
		const body = JSON.stringify(received);
		const result = await store.append(this.#changes, head.revision, body);
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
		const count = Math.min(before - after - 1, MESSAGE_LIMITS.entriesPerPage);
		if (count <= 0) return [];
		const entries = await this.#options.store.read(this.#changes, after, count);
		let characters = 0;
		const page: Entries = [];
		for (const entry of entries) {
			characters += entry.body.length;
			if (page.length > 0 && characters > MESSAGE_LIMITS.bodyBytes) break;
			page.push(decodeEntry(entry, this.id));
		}
		return page;
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

	/**
	 * Deletes local secrets with names that the vault has now. Otherwise they would be used again when the vault deletes
	 * its own.
	 */
	async #dropShadowed(): Promise<void> {
		const shadowed = () =>
			[...this.#fold.local.values()].filter(
				({ record }) => isLive(record) && isLive(this.#fold.records.get(record.name)),
			);
		if (shadowed().length === 0) return;
		await this.record(() => ({
			type: "local-secrets",
			records: shadowed().map(({ record }) => this.local.seal(record.name, record.version + 1, undefined)),
			by: "vault",
			atMs: Math.max(0, this.#options.now()),
		}));
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
		if (this.#retired.signal.aborted) throw appNotFound();
	}

	async #catchUp(): Promise<void> {
		for (const entry of await this.#options.store.read(this.#changes, this.#fold.head.revision)) {
			this.#fold.applyEntry(decodeEntry(entry, this.id));
		}
	}
}
