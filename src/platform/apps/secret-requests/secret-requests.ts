/**
 * Keeps the requests for secrets of apps: one text for each app, which replaces the one before. It is stored in the place
 * for a checkpoint of the app's log, so it is deleted with the app, and a program that writes to the store cannot forge it.
 * Devices send it again, so nothing is lost with it.
 */
import { AppError, EXIT } from "../../../errors.ts";
import type { JudgedRequest } from "../../../vault/requests/answers.ts";
import { Mutex } from "../../machine/mutex.ts";
import type { Store } from "../../store/store.ts";
import type { App } from "../app.ts";
import { notLinked } from "../app-faults.ts";
import { changeStream } from "../log-entries.ts";
import { type KeptEntry, openIn, withSent } from "./kept-requests.ts";

const FORMAT = 1;
/** How long a node may take to replace the text. */
const LEASE_MS = 10_000;

export interface SecretRequestsOptions {
	readonly store: Pick<Store, "checkpoints" | "lease" | "release">;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** The name of this node; empty if there is one. */
	readonly node: string;
}

interface Snapshot {
	readonly format: typeof FORMAT;
	/** The app's lifetime. */
	readonly life: string;
	readonly entries: readonly KeptEntry[];
}

function busy(): AppError {
	return new AppError({
		code: "STORE_BUSY",
		message: "Another node of the platform is changing the requests of this app.",
		hint: "Try again.",
		exit: EXIT.network,
	});
}

export class SecretRequests {
	readonly #options: SecretRequestsOptions;
	readonly #changing = new Mutex();

	constructor(options: SecretRequestsOptions) {
		this.#options = options;
	}

	/** The open requests of an app. @throws AppError `APP_NOT_LINKED` (exit 4) */
	async list(app: App): Promise<JudgedRequest[]> {
		if (!app.isLinked) throw notLinked();
		return openIn((await this.#read(app)).entries, app.state);
	}

	/**
	 * Adds what a device has sent. Texts that are no entries of the app's environment are left out.
	 * @returns the open requests
	 * @throws AppError `APP_NOT_LINKED` (exit 4); `STORE_BUSY` (exit 6)
	 */
	async add(app: App, texts: readonly string[]): Promise<JudgedRequest[]> {
		if (!app.isLinked) throw notLinked();
		return await this.#change(app, (before) => ({
			...before,
			entries: withSent(before.entries, texts, app.state, this.#options.now()),
		}));
	}

	async #change(app: App, change: (before: Snapshot) => Snapshot): Promise<JudgedRequest[]> {
		const { node, store } = this.#options;
		const lease = `requests/${app.id}`;
		return await this.#changing.run(async () => {
			if (!(await store.lease(lease, node, LEASE_MS))) throw busy();
			try {
				const before = await this.#read(app);
				const after = change(before);
				const text = JSON.stringify(after);
				if (text !== JSON.stringify(before))
					await store.checkpoints.write([{ stream: changeStream(app.id), text }]);
				return openIn(after.entries, app.state);
			} finally {
				await store.release(lease, node);
			}
		});
	}

	async #read(app: App): Promise<Snapshot> {
		const own = changeStream(app.id);
		const empty: Snapshot = { format: FORMAT, life: app.lifetimeId, entries: [] };
		for await (const { stream, text } of this.#options.store.checkpoints.read(own)) {
			if (stream !== own || text === undefined) continue;
			// This platform wrote it, perhaps in another version.
			const found = JSON.parse(text) as Snapshot;
			if (found.format === FORMAT && found.life === app.lifetimeId) return found;
		}
		return empty;
	}
}
