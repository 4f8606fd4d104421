/**
 * The host names of apps: a fold over events of the stream `platform`. They are in that stream and not in those of apps
 * because a host belongs to one app of the platform, which one append decides.
 */
import * as z from "zod";
import { AppError, EXIT } from "../../errors.ts";
import { HOSTS_MAX, hostNameOf, type MappedHost } from "../../protocol/host-names.ts";
import { EventStream } from "../events/event-stream.ts";
import {
	type HostEvent,
	hostEventSchema,
	PLATFORM_STREAM,
	type PlatformEvent,
	platformEventSchema,
} from "../events/events.ts";
import type { Store } from "../store/store.ts";
import { checkEarlierPlatform } from "../tokens/token-events.ts";
import { appNotFound } from "./app-faults.ts";

export interface HostNamesOptions {
	readonly store: Store;
	/** The key of the platform's identity for stored state: 32 bytes. */
	readonly key: Uint8Array;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

export class HostNames {
	readonly #options: HostNamesOptions;
	readonly #events: EventStream<HostEvent | PlatformEvent>;
	readonly #apps = new Set<string>();
	readonly #hosts = new Map<string, string>();
	/** Whether a host was added or removed since the last call of `catchUp`. */
	#isChanged = false;
	#routed: Promise<void> = Promise.resolve();
	/** Called after each change. Never rejects. Resolves when requests are routed accordingly. */
	onChanged: () => Promise<void> = async () => {};

	private constructor(options: HostNamesOptions) {
		this.#options = options;
		this.#events = new EventStream<HostEvent | PlatformEvent>({
			store: options.store,
			stream: PLATFORM_STREAM,
			typePrefix: ["host-", "app-"],
			schema: z.union([hostEventSchema, platformEventSchema]),
			key: options.key,
			apply: (event) => this.#apply(event),
			checkEarlier: checkEarlierPlatform(options.key),
		});
	}

	/** Reads all host names. @throws AppError `EVENT_FORGED` (exit 7) */
	static async open(options: HostNamesOptions): Promise<HostNames> {
		const hosts = new HostNames(options);
		await hosts.#events.open();
		return hosts;
	}

	/** The app of each host, by the host's name in lower case. It stays up to date. */
	get byName(): ReadonlyMap<string, string> {
		return this.#hosts;
	}

	/** Resolves when requests are routed as the last changes of other nodes, and of apps, require. */
	get routed(): Promise<void> {
		return this.#routed;
	}

	/** All hosts, sorted by name. */
	list(): MappedHost[] {
		const hosts = [...this.#hosts].map(([host, app]) => ({ host, app }));
		return hosts.sort((a, b) => (a.host < b.host ? -1 : 1));
	}

	/**
	 * Gives a host to an app. Resolves when requests are routed accordingly. No effect if the app has it.
	 * @param text the host's name
	 * @throws AppError `HOST_INVALID`, `TOO_MANY_HOSTS` (exit 2), `APP_NOT_FOUND` (exit 4), `HOST_TAKEN` (exit 5)
	 */
	async add(text: string, app: string): Promise<MappedHost> {
		const host = hostNameOf(text);
		await this.#events.append(() => {
			if (!this.#apps.has(app)) throw appNotFound(app);
			const owner = this.#hosts.get(host);
			if (owner !== undefined && owner !== app) throw hostTaken(host, owner);
			if (owner === app) return undefined;
			if (this.#hosts.size >= HOSTS_MAX) throw tooManyHosts();
			return { type: "host-added", host, app, atMs: this.#options.now() };
		});
		await this.onChanged();
		return { host, app };
	}

	/**
	 * Takes a host from its app. Resolves when requests are routed accordingly.
	 * @returns the app that had it
	 * @throws AppError `HOST_INVALID` (exit 2), `HOST_NOT_FOUND` (exit 4)
	 */
	async remove(text: string): Promise<MappedHost> {
		const host = hostNameOf(text);
		let app = "";
		await this.#events.append(() => {
			const owner = this.#hosts.get(host);
			if (owner === undefined) throw hostNotFound(host);
			app = owner;
			return { type: "host-removed", host, atMs: this.#options.now() };
		});
		await this.onChanged();
		return { host, app };
	}

	/** The last entry of the stream `platform` that was read. */
	get revision(): number {
		return this.#events.revision;
	}

	/** The last entry of the stream `platform` that `catchUp` has taken care of. Undefined: it has to be called again. */
	get caughtUpTo(): number | undefined {
		return this.#isChanged ? undefined : this.#events.revision;
	}

	/**
	 * Applies the events that were appended since the last call. Call it when an app was created or deleted.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async catchUp(): Promise<void> {
		await this.#events.catchUp();
		if (!this.#isChanged) return;
		this.#isChanged = false;
		// Not awaited: the deletion of an app does not depend on the gateways.
		this.#routed = this.onChanged();
	}

	#apply(event: HostEvent | PlatformEvent): void {
		switch (event.type) {
			case "host-added":
				this.#hosts.set(event.host, event.app);
				this.#isChanged = true;
				return;
			case "host-removed":
				this.#removed(event.host);
				return;
			case "app-created":
				this.#apps.add(event.app);
				return;
			case "app-deleted":
				this.#apps.delete(event.app);
				for (const [host, app] of this.#hosts) if (app === event.app) this.#removed(host);
		}
	}

	#removed(host: string): void {
		this.#hosts.delete(host);
		this.#isChanged = true;
	}
}

function hostTaken(host: string, app: string): AppError {
	return new AppError({
		code: "HOST_TAKEN",
		message: `The host ${host} belongs to the app ${app}.`,
		hint: `A host belongs to one app. To take it from ${app}: coffer apps hosts remove ${host}`,
		exit: EXIT.conflict,
	});
}

function hostNotFound(host: string): AppError {
	return new AppError({
		code: "HOST_NOT_FOUND",
		message: `The host ${host} belongs to no app.`,
		hint: "'coffer apps hosts list' shows the hosts.",
		exit: EXIT.notFound,
	});
}

function tooManyHosts(): AppError {
	return new AppError({
		code: "TOO_MANY_HOSTS",
		message: `The platform has ${HOSTS_MAX} hosts, which is the limit.`,
		hint: "Remove hosts that are not needed: coffer apps hosts remove HOST",
		exit: EXIT.usage,
	});
}
