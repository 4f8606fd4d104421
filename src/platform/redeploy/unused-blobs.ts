/**
 * Removes the blobs of deleted functions. Blobs that a current function uses stay. Nothing is removed while a deployment
 * is in progress, because it may be about to use a blob that no function uses yet.
 */
import type { App } from "../apps/app.ts";
import { applyToFunctions, type FunctionState } from "../apps/state/function-states.ts";
import { eventOf } from "../events/event-text.ts";
import { appEventSchema, eventStream } from "../events/events.ts";
import { blobsOf } from "../functions/function.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Store } from "../store/store.ts";

export class UnusedBlobs {
	readonly #app: App;
	readonly #store: Store;
	readonly #candidates = new Set<string>();
	#deployments = 0;
	#removed: Promise<void> = Promise.resolve();

	constructor(app: App, store: Store) {
		this.#app = app;
		this.#store = store;
	}

	/** Runs a deployment. No blob is removed during it. @returns the result of the deployment @throws its error */
	async during<T>(deployment: () => Promise<T>): Promise<T> {
		this.#deployments++;
		await this.#removed;
		try {
			return await deployment();
		} finally {
			this.#deployments--;
			await this.#sweep();
		}
	}

	/** Removes the blobs of deleted functions, at once or when the deployments in progress have ended. */
	async removeOf(lifetimes: readonly FunctionLifetime[]): Promise<void> {
		for (const hash of await this.#blobsOf(lifetimes)) this.#candidates.add(hash);
		await this.#sweep();
	}

	/** The blobs of all versions of functions, including earlier ones. Entries were checked when they were accepted. */
	async #blobsOf(lifetimes: readonly FunctionLifetime[]): Promise<Set<string>> {
		const wanted = new Set(lifetimes.map(({ function: firstDeployment }) => firstDeployment));
		const functions = new Map<string, FunctionState>();
		const blobs = new Set<string>();
		for (const { body } of await this.#store.read(eventStream(this.#app.id), 0)) {
			const { data: event } = appEventSchema.safeParse(eventOf(body));
			if (event === undefined) continue;
			applyToFunctions(functions, event);
			if (event.type !== "deployed" && event.type !== "deploy-failed") continue;
			const firstDeployment = functions.get(event.deployment.function)?.firstDeployment;
			if (firstDeployment === undefined || !wanted.has(firstDeployment)) continue;
			for (const hash of blobsOf(event.deployment)) blobs.add(hash);
		}
		return blobs;
	}

	async #sweep(): Promise<void> {
		if (this.#deployments > 0 || this.#candidates.size === 0 || this.#app.retired.aborted) return;
		const used = usedBlobs(this.#app);
		const unused = [...this.#candidates].filter((hash) => !used.has(hash));
		this.#candidates.clear();
		this.#removed = this.#removed.then(() => this.#store.removeBlobs(this.#app.lifetimeId, unused));
		// Only this caller gets the error, not later ones.
		const removed = this.#removed;
		this.#removed = removed.catch(() => undefined);
		await removed;
	}
}

/** The hashes of the blobs of an app's current functions. */
export function usedBlobs(app: App): Set<string> {
	return new Set([...app.state.functions.values()].flatMap(({ deployment }) => blobsOf(deployment)));
}
