/** The apps of a platform: a fold over the events of the stream `platform`, and the opened app of each. */
import type { CreateApp } from "../../protocol/messages.ts";
import { EventStream } from "../events/event-stream.ts";
import {
	APP_STREAMS,
	appStreams,
	PLATFORM_STREAM,
	type PlatformEvent,
	platformEventSchema,
} from "../events/events.ts";
import { newAppLifetimeId } from "../functions/lifetimes.ts";
import { Mutex } from "../machine/mutex.ts";
import { checkEarlierPlatform } from "../tokens/token-events.ts";
import { tokenOfOtherApp } from "../tokens/token-grant.ts";
import { App } from "./app.ts";
import { appNotFound, appNotYours, checkSame, tooManyApps } from "./app-faults.ts";
import type { AppOptions } from "./app-options.ts";
import type { AppCheckpoints, FoundCheckpoint } from "./checkpoints/app-checkpoints.ts";
import { type Known, KnownApps } from "./known-apps.ts";
import { localEnvironmentName } from "./local-environment.ts";

/** The most apps on one platform. */
const APPS_MAX = 10_000;

export interface AppsOptions extends Omit<AppOptions, "context" | "lifetime"> {
	/** Called after each event that creates or deletes an app, before the app's name can be used again. */
	readonly onEntry?: () => Promise<void>;
	/** By default, all streams are read from their beginning. */
	readonly checkpoints?: AppCheckpoints;
	/** Called when another node has deleted an app: stops its functions, and removes what this node keeps of it. */
	readonly onDeletedElsewhere?: (app: App) => Promise<void>;
}

export class Apps {
	readonly #options: AppsOptions;
	readonly #stream: EventStream<PlatformEvent>;
	readonly #known = new KnownApps();
	readonly #open = new Map<string, App>();
	/** Deletions in progress, by the name of the app. */
	readonly #deleting = new Map<string, Promise<void>>();
	readonly #changing = new Mutex();
	/** The last entry whose apps `catchUp` has opened and closed. */
	caughtUpTo = -1;

	private constructor(options: AppsOptions) {
		this.#options = options;
		this.#stream = new EventStream({
			store: options.store,
			stream: PLATFORM_STREAM,
			typePrefix: "app-",
			schema: platformEventSchema,
			key: options.identity.stateKey,
			apply: (event, revision) => this.#known.apply(event, revision),
			checkEarlier: checkEarlierPlatform(options.identity.stateKey),
		});
	}

	/**
	 * Opens all apps.
	 * @throws AppError exit 7 if a stream is damaged or altered
	 */
	static async open(options: AppsOptions): Promise<Apps> {
		const apps = new Apps(options);
		await apps.#stream.open();
		await apps.#removeRemains();
		await apps.#openSaved();
		for (const [app] of apps.#known) await apps.#openedApp(app);
		return apps;
	}

	/** Opens the apps that have a usable checkpoint. */
	async #openSaved(): Promise<void> {
		const { checkpoints } = this.#options;
		for await (const found of checkpoints?.read() ?? []) {
			const known = this.#known.get(found.app);
			if (known === undefined) await checkpoints?.remove(found.app);
			else await this.#openApp(found.app, known, found);
		}
	}

	/** Removes the streams of apps whose deletion was interrupted. */
	async #removeRemains(): Promise<void> {
		const streams = await this.#options.store.streams(APP_STREAMS);
		const apps = new Set(streams.map((stream) => stream.slice(APP_STREAMS.length).split("/")[0] ?? ""));
		for (const app of apps) if (!this.#known.has(app)) await this.#removeStreams(app);
	}

	/** Removes the streams of an app that does not exist. Another node may create one at the same time. */
	async #removeStreams(app: string): Promise<void> {
		const { store } = this.#options;
		for (let isDone = false; !isDone; ) {
			await this.#stream.catchUp();
			if (this.#known.has(app)) return;
			const at = { stream: PLATFORM_STREAM, revision: this.#stream.revision };
			isDone = await store.deleteStreams(appStreams(app), undefined, at);
		}
	}

	/** Opens the apps that other nodes have created or linked, and closes those that they have deleted. */
	async catchUp(): Promise<void> {
		await this.#changing.run(async () => {
			await this.#stream.catchUp();
			const { revision } = this.#stream;
			if (revision === this.caughtUpTo) return;
			for (const [app, live] of this.#open) {
				if (this.#known.get(app)?.lifetime.id === live.lifetimeId) continue;
				this.#open.delete(app);
				this.#options.onFunctions?.(app);
				await live.retire();
				await this.#options.onDeletedElsewhere?.(live);
			}
			for (const [app, known] of this.#known) {
				const live = await this.#openedApp(app);
				if (!live.isLinked && known.vaultId !== "") live.link(known);
			}
			this.caughtUpTo = revision;
		});
	}

	/** All apps, sorted by id. */
	list(): App[] {
		return [...this.#open.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
	}

	/** The app, or undefined if it does not exist. */
	find(app: string): App | undefined {
		return this.#open.get(app);
	}

	/** @throws AppError `APP_NOT_FOUND` (exit 4) */
	get(app: string): App {
		const found = this.#open.get(app);
		if (found !== undefined) return found;
		throw appNotFound(app);
	}

	/**
	 * Creates an app, or returns the existing one that has the same vault and environment.
	 * @throws AppError `APP_TAKEN` (exit 5), `TOO_MANY_APPS` (exit 2)
	 */
	create(app: string, bound: CreateApp): Promise<{ app: App; created: boolean }> {
		return this.#afterDeletion(app, async () => {
			let created = false;
			await this.#append(app, () => {
				const present = this.#known.get(app);
				created = present === undefined;
				if (present === undefined) return this.#creationEvent(app, bound);
				if (present.vaultId === "") return { type: "app-linked", app, ...bound, atMs: this.#options.now() };
				checkSame(app, present, bound);
				return undefined;
			});
			if (this.#open.get(app)?.isLinked === false) this.#open.get(app)?.link(bound);
			return { app: await this.#openedApp(app), created };
		});
	}

	/**
	 * Finds or creates an app without a vault for an access token. From then on, the token is valid for that app only.
	 * @param by the token. A token that is bound to no app yet can create an app, but cannot get an existing
	 * one.
	 * @returns the app, and whether it was created
	 * @throws AppError `TOO_MANY_APPS` (exit 2), `APP_NOT_YOURS`, `TOKEN_SCOPE` (exit 3)
	 */
	findOrCreateFor(
		app: string,
		by: { readonly id: string; readonly app: string | undefined },
	): Promise<{ app: App; created: boolean }> {
		return this.#afterDeletion(app, async () => {
			let created = false;
			await this.#append(app, () => {
				const own = by.app ?? this.#known.createdBy(by.id);
				if (own !== undefined && own !== app) throw tokenOfOtherApp();
				created = !this.#known.has(app);
				if (!created && own === undefined) throw appNotYours(app);
				const bound = { vaultId: "", environment: localEnvironmentName(app) };
				return created ? { ...this.#creationEvent(app, bound), by: by.id } : undefined;
			});
			return { app: await this.#openedApp(app), created };
		});
	}

	/**
	 * Deletes an app, everything in its streams, and its access tokens. The app and its tokens become invalid with one
	 * event. No app of the same name can be created before all data of this one is removed.
	 * @param remove stops the functions and removes all data that is stored outside the streams
	 * @throws AppError `APP_NOT_FOUND` (exit 4)
	 */
	async delete(app: string, remove: (app: App) => Promise<void> = async () => {}): Promise<void> {
		const { now, onEntry, onFunctions } = this.#options;
		const removed = await this.#changing.run(async () => {
			const live = this.get(app);
			await this.#stream.append(() =>
				this.#known.has(app) ? { type: "app-deleted", app, atMs: now() } : undefined,
			);
			this.#open.delete(app);
			onFunctions?.(app);
			await onEntry?.();
			await live.retire();
			const removing = remove(live).then(() => this.#removeStreams(app));
			const gone = removing.catch(() => undefined).finally(() => this.#deleting.delete(app));
			this.#deleting.set(app, gone);
			return { removing };
		});
		await removed.removing;
	}

	/** Runs a change of an app once an earlier app of the same name has been removed completely. */
	async #afterDeletion<T>(app: string, change: () => Promise<T>): Promise<T> {
		for (;;) {
			await this.#deleting.get(app);
			const done = await this.#changing.run(async () =>
				this.#deleting.has(app) ? undefined : { result: await change() },
			);
			if (done !== undefined) return done.result;
		}
	}

	async #append(app: string, make: () => PlatformEvent | undefined): Promise<void> {
		// Streams that an interrupted deletion left.
		await this.#removeStreams(app);
		await this.#stream.append(make);
		await this.#options.onEntry?.();
	}

	#creationEvent(app: string, bound: CreateApp): Extract<PlatformEvent, { type: "app-created" }> {
		if (this.#known.size >= APPS_MAX) throw tooManyApps(APPS_MAX);
		return { type: "app-created", app, ...bound, life: newAppLifetimeId(), atMs: this.#options.now() };
	}

	/** The open app of an event that has been applied. */
	async #openedApp(app: string): Promise<App> {
		const known = this.#known.get(app);
		if (known === undefined) throw appNotFound(app);
		return this.#open.get(app) ?? (await this.#openApp(app, known));
	}

	/** @param found its checkpoint, unless there is none */
	async #openApp(app: string, known: Known, found?: FoundCheckpoint): Promise<App> {
		const { environment, lifetime, vaultId } = known;
		const { checkpoints, isShared = false } = this.#options;
		const context = { app, vaultId, environment };
		const saved = found && (await checkpoints?.use(found, { context, lifetime: lifetime.id, isShared }));
		const live = await App.open({ ...this.#options, lifetime, context }, saved);
		this.#open.set(app, live);
		return live;
	}
}
