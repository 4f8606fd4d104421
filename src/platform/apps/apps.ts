/**
 * The apps of a platform: a fold over the events of the stream `platform`, and the live apps that they make.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { CreateApp } from "../../protocol/messages.ts";
import { EventStream } from "../events/event-stream.ts";
import {
	APP_STREAMS,
	appStreams,
	PLATFORM_STREAM,
	type PlatformEvent,
	platformEventSchema,
} from "../events/events.ts";
import { type AppLifetime, appLifetime, newAppLifetimeId } from "../functions/lifetimes.ts";
import { Mutex } from "../machine/mutex.ts";
import { checkEarlierPlatform } from "../tokens/token-events.ts";
import { otherApp } from "../tokens/token-grant.ts";
import { App, type AppOptions } from "./app.ts";
import { appNotFound } from "./app-faults.ts";
import { localEnvironmentName } from "./local-environment.ts";

/** Apps on one platform. */
const APPS_MAX = 10_000;

export interface AppsOptions extends Omit<AppOptions, "context" | "lifetime"> {
	/** Called after each entry that creates or deletes an app, before anything else may be done with its name. */
	readonly onEntry?: () => Promise<void>;
}

interface Known extends CreateApp {
	readonly lifetime: AppLifetime;
}

export class Apps {
	readonly #options: AppsOptions;
	readonly #stream: EventStream<PlatformEvent>;
	readonly #known = new Map<string, Known>();
	/** Which app each access token was made good for that was good for none. */
	readonly #founded = new Map<string, string>();
	readonly #live = new Map<string, App>();
	/** What is being removed, by the app's name. */
	readonly #going = new Map<string, Promise<void>>();
	readonly #changing = new Mutex();

	private constructor(options: AppsOptions) {
		this.#options = options;
		this.#stream = new EventStream({
			store: options.store,
			stream: PLATFORM_STREAM,
			typePrefix: "app-",
			schema: platformEventSchema,
			key: options.identity.stateKey,
			apply: (event, revision) => this.#apply(event, revision),
			checkEarlier: checkEarlierPlatform(options.identity.stateKey),
		});
	}

	/**
	 * Reads all apps that there are.
	 * @throws AppError exit 7 where a stream is not what was written
	 */
	static async open(options: AppsOptions): Promise<Apps> {
		const apps = new Apps(options);
		await apps.#stream.open();
		await apps.#removeRemains();
		for (const [app, known] of apps.#known) await apps.#openApp(app, known);
		return apps;
	}

	/** Removes the streams of apps whose deletion did not come to its end. */
	async #removeRemains(): Promise<void> {
		const { store } = this.#options;
		for (const stream of await store.streams(APP_STREAMS)) {
			const app = stream.slice(APP_STREAMS.length).split("/")[0] ?? "";
			if (!this.#known.has(app)) await store.deleteStreams(appStreams(app));
		}
	}

	/** By id, sorted. */
	list(): App[] {
		return [...this.#live.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
	}

	/** The app, or undefined where there is none. */
	find(app: string): App | undefined {
		return this.#live.get(app);
	}

	/** @throws AppError `APP_NOT_FOUND` (exit 4) */
	get(app: string): App {
		const found = this.#live.get(app);
		if (found !== undefined) return found;
		throw appNotFound();
	}

	/**
	 * Creates an app, or returns the one that is there for the same vault and environment.
	 * @throws AppError `APP_TAKEN` (exit 5), `TOO_MANY_APPS` (exit 2)
	 */
	create(app: string, bound: CreateApp): Promise<{ app: App; created: boolean }> {
		return this.#onceFree(app, async () => {
			let created = false;
			await this.#append(app, () => {
				const present = this.#known.get(app);
				created = present === undefined;
				if (present === undefined) return this.#created(app, bound);
				if (present.vaultId === "") return { type: "app-linked", app, ...bound, atMs: this.#options.now() };
				checkSame(app, present, bound);
				return undefined;
			});
			if (this.#live.get(app)?.isLinked === false) this.#live.get(app)?.link(bound);
			return { app: await this.#alive(app), created };
		});
	}

	/**
	 * Creates an app without a vault for an access token, which is for that app from then on.
	 * @param by the token: one for this app, or one for none yet, which is never given an app that is there already
	 * @returns the app; the one that is there, where the token is for it
	 * @throws AppError `TOO_MANY_APPS` (exit 2), `APP_NOT_YOURS`, `TOKEN_SCOPE` (exit 3)
	 */
	meet(
		app: string,
		by: { readonly id: string; readonly app: string | undefined },
	): Promise<{ app: App; created: boolean }> {
		return this.#onceFree(app, async () => {
			let created = false;
			await this.#append(app, () => {
				const own = by.app ?? this.#founded.get(by.id);
				if (own !== undefined && own !== app) throw otherApp();
				created = !this.#known.has(app);
				if (!created && own === undefined) throw notYours(app);
				const bound = { vaultId: "", environment: localEnvironmentName(app) };
				return created ? { ...this.#created(app, bound), by: by.id } : undefined;
			});
			return { app: await this.#alive(app), created };
		});
	}

	/**
	 * Deletes an app with everything that its streams hold, and with it the access tokens that are for it: both are so
	 * once one entry is written. No app of that name is created before all that is kept for this one is gone.
	 * @param remove removes what is kept outside the streams, and stops the functions
	 * @throws AppError `APP_NOT_FOUND` (exit 4)
	 */
	async delete(app: string, remove: (app: App) => Promise<void> = async () => {}): Promise<void> {
		const { now, onEntry, onFunctions, store } = this.#options;
		const removed = await this.#changing.run(async () => {
			const live = this.get(app);
			await this.#stream.append(() =>
				this.#known.has(app) ? { type: "app-deleted", app, atMs: now() } : undefined,
			);
			this.#live.delete(app);
			onFunctions?.();
			await onEntry?.();
			await live.retire();
			const removing = remove(live).then(() => store.deleteStreams(appStreams(app)));
			const gone = removing.catch(() => undefined).finally(() => this.#going.delete(app));
			this.#going.set(app, gone);
			return { removing };
		});
		await removed.removing;
	}

	/** Runs a change of an app once nothing is left of an earlier one of its name. */
	async #onceFree<T>(app: string, change: () => Promise<T>): Promise<T> {
		for (;;) {
			await this.#going.get(app);
			const done = await this.#changing.run(async () =>
				this.#going.has(app) ? undefined : { result: await change() },
			);
			if (done !== undefined) return done.result;
		}
	}

	async #append(app: string, make: () => PlatformEvent | undefined): Promise<void> {
		const { onEntry, store } = this.#options;
		await this.#stream.catchUp();
		// What is left where a deletion did not come to its end.
		if (!this.#known.has(app)) await store.deleteStreams(appStreams(app));
		await this.#stream.append(make);
		await onEntry?.();
	}

	#apply(event: PlatformEvent, revision: number): void {
		if (event.type === "app-deleted") {
			this.#known.delete(event.app);
			return;
		}
		const { app, environment, vaultId } = event;
		const present = this.#known.get(app);
		const lifetime = event.type === "app-created" ? appLifetime(event, revision) : present?.lifetime;
		if (lifetime !== undefined) this.#known.set(app, { environment, lifetime, vaultId });
		if (event.type === "app-created" && event.by !== undefined) this.#founded.set(event.by, app);
	}

	#created(app: string, bound: CreateApp): Extract<PlatformEvent, { type: "app-created" }> {
		if (this.#known.size >= APPS_MAX) {
			throw new AppError({
				code: "TOO_MANY_APPS",
				message: `The platform has ${APPS_MAX} apps, which is its limit.`,
				hint: "Delete apps that nobody needs (`coffer apps list`, `coffer apps delete APP`), or use another platform.",
				exit: EXIT.usage,
			});
		}
		return { type: "app-created", app, ...bound, life: newAppLifetimeId(), atMs: this.#options.now() };
	}

	/** The live app of an entry that was taken in. */
	async #alive(app: string): Promise<App> {
		const known = this.#known.get(app);
		if (known === undefined) throw appNotFound();
		return this.#live.get(app) ?? (await this.#openApp(app, known));
	}

	async #openApp(app: string, { environment, lifetime, vaultId }: Known): Promise<App> {
		const live = await App.open({ ...this.#options, lifetime, context: { app, vaultId, environment } });
		this.#live.set(app, live);
		return live;
	}
}

function notYours(app: string): AppError {
	return new AppError({
		code: "APP_NOT_YOURS",
		message: `The app ${app} exists already, and the access token is for no app yet: it can begin a new one, and cannot be given one that is there.`,
		hint: `Make a token for this app: coffer platform token create --base44 --app ${app}. Or use another app's id.`,
		exit: EXIT.unauthorised,
	});
}

function checkSame(app: string, present: CreateApp | undefined, wanted: CreateApp): void {
	if (present?.vaultId === wanted.vaultId && present.environment === wanted.environment) return;
	throw new AppError({
		code: "APP_TAKEN",
		message: `The app ${app} exists already and is bound to another vault or environment.`,
		hint: "Choose another name for the app.",
		exit: EXIT.conflict,
	});
}
