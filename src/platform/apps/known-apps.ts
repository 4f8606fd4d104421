/** The apps that exist: a fold over the events of the stream `platform`. Pure. */
import type { CreateApp } from "../../protocol/messages.ts";
import type { PlatformEvent } from "../events/events.ts";
import { type AppLifetime, appLifetime } from "../functions/lifetimes.ts";

export interface Known extends CreateApp {
	readonly lifetime: AppLifetime;
}

export class KnownApps {
	readonly #apps = new Map<string, Known>();
	readonly #createdBy = new Map<string, string>();

	get size(): number {
		return this.#apps.size;
	}

	has(app: string): boolean {
		return this.#apps.has(app);
	}

	get(app: string): Known | undefined {
		return this.#apps.get(app);
	}

	[Symbol.iterator](): IterableIterator<[app: string, known: Known]> {
		return this.#apps.entries();
	}

	/**
	 * The app that an access token without an app has created. From then on, such a token is valid for that app only.
	 * @param token its id
	 */
	createdBy(token: string): string | undefined {
		return this.#createdBy.get(token);
	}

	/** @param revision the event's position in the stream */
	apply(event: PlatformEvent, revision: number): void {
		if (event.type === "app-deleted") {
			this.#apps.delete(event.app);
			return;
		}
		const { app, environment, vaultId } = event;
		const present = this.#apps.get(app);
		const lifetime = event.type === "app-created" ? appLifetime(event, revision) : present?.lifetime;
		if (lifetime !== undefined) this.#apps.set(app, { environment, lifetime, vaultId });
		if (event.type === "app-created" && event.by !== undefined) this.#createdBy.set(event.by, app);
	}
}
