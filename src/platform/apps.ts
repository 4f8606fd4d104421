/**
 * The apps of a platform: a fold over the events of the stream `platform`, and the live apps that they make.
 */
import { AppError, EXIT } from "../errors.ts";
import type { CreateApp } from "../protocol/messages.ts";
import { App, type AppOptions, appNotFound, appStreams } from "./app.ts";
import { EventStream } from "./event-stream.ts";
import { type PlatformEvent, platformEventSchema } from "./events.ts";
import { localEnvironmentName } from "./local-environment.ts";
import { Mutex } from "./mutex.ts";

/** The store's stream of events that belong to no app; access tokens are in it too. */
const PLATFORM_STREAM = "platform";
/** Apps on one platform. */
const APPS_MAX = 10_000;

export type AppsOptions = Omit<AppOptions, "context">;

export class Apps {
	readonly #options: AppsOptions;
	readonly #stream: EventStream<PlatformEvent>;
	readonly #known = new Map<string, CreateApp>();
	readonly #live = new Map<string, App>();
	readonly #changing = new Mutex();

	private constructor(options: AppsOptions) {
		this.#options = options;
		this.#stream = new EventStream({
			store: options.store,
			stream: PLATFORM_STREAM,
			typePrefix: "app-",
			schema: platformEventSchema,
			key: options.identity.stateKey,
			apply: (event) => {
				if (event.type === "app-deleted") this.#known.delete(event.app);
				else this.#known.set(event.app, { vaultId: event.vaultId, environment: event.environment });
			},
		});
	}

	/**
	 * Reads all apps that there are.
	 * @throws AppError exit 7 where a stream is not what was written
	 */
	static async open(options: AppsOptions): Promise<Apps> {
		const apps = new Apps(options);
		await apps.#stream.catchUp();
		for (const [app, bound] of apps.#known) await apps.#openApp(app, bound);
		return apps;
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
		return this.#changing.run(async () => {
			let created = false;
			await this.#stream.catchUp();
			// What is left where a deletion did not come to its end.
			if (!this.#known.has(app)) await this.#options.store.deleteStreams(appStreams(app));
			await this.#stream.append(() => {
				created = !this.#known.has(app);
				const present = this.#known.get(app);
				if (present === undefined) return this.#event("app-created", app, bound);
				if (present.vaultId === "") return this.#event("app-linked", app, bound);
				checkSame(app, present, bound);
				return undefined;
			});
			if (this.#live.get(app)?.isLinked === false) this.#live.get(app)?.link(bound);
			const live = this.#live.get(app) ?? (await this.#openApp(app, bound));
			return { app: live, created };
		});
	}

	/** The app, created without a vault where there is none. @throws AppError `TOO_MANY_APPS` (exit 2) */
	meet(app: string): Promise<{ app: App; created: boolean }> {
		return this.#changing.run(async () => {
			const present = this.#live.get(app);
			if (present !== undefined) return { app: present, created: false };
			await this.#options.store.deleteStreams(appStreams(app));
			const bound = { vaultId: "", environment: localEnvironmentName(app) };
			await this.#stream.append(() =>
				this.#known.has(app) ? undefined : this.#event("app-created", app, bound),
			);
			return { app: await this.#openApp(app, this.#known.get(app) ?? bound), created: true };
		});
	}

	/**
	 * Deletes an app with everything that its streams hold. Its functions are stopped by the caller.
	 * @throws AppError `APP_NOT_FOUND` (exit 4)
	 */
	delete(app: string): Promise<void> {
		return this.#changing.run(async () => {
			const live = this.get(app);
			const atMs = this.#options.now();
			await this.#stream.append(() =>
				this.#known.has(app) ? { type: "app-deleted", app, atMs } : undefined,
			);
			this.#live.delete(app);
			this.#options.onFunctions?.();
			await live.retire();
			await this.#options.store.deleteStreams(appStreams(app));
		});
	}

	#event(type: "app-created" | "app-linked", app: string, bound: CreateApp): PlatformEvent {
		if (type === "app-created" && this.#known.size >= APPS_MAX) {
			throw new AppError({
				code: "TOO_MANY_APPS",
				message: `The platform has ${APPS_MAX} apps, which is its limit.`,
				hint: "Delete apps that nobody needs, or use another platform.",
				exit: EXIT.usage,
			});
		}
		return { type, app, ...bound, atMs: this.#options.now() };
	}

	async #openApp(app: string, { vaultId, environment }: CreateApp): Promise<App> {
		const live = await App.open({ ...this.#options, context: { app, vaultId, environment } });
		this.#live.set(app, live);
		return live;
	}
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
