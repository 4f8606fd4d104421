/**
 * Keeps the requests for secrets of apps: one text for each app, which replaces the one before. It is stored in the place
 * for a checkpoint of the app's log, so it is deleted with the app, and a program that writes to the store cannot forge it.
 * Devices send it again, so nothing is lost with it.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { type FilledValue, RECIPIENTS_MAX } from "../../../protocol/secret-requests/messages.ts";
import type { Member } from "../../../vault/chains/membership.ts";
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
	/** Values that wait for a member, encrypted. At most one for each request. */
	readonly values: readonly FilledValue[];
}

/** An open request, and the value that waits for it. */
export interface OpenRequest extends JudgedRequest {
	readonly filled: FilledValue | undefined;
}

/** The most values that wait, of one app. */
const VALUES_MAX = 20;

function busy(): AppError {
	return new AppError({
		code: "STORE_BUSY",
		message: "Another node of the platform is changing the requests of this app.",
		hint: "Try again.",
		exit: EXIT.network,
	});
}

function requestNotFound(what: string): AppError {
	return new AppError({
		code: "REQUEST_NOT_FOUND",
		message: `The request ${what}.`,
		hint: "Look at the list of requests again.",
		exit: EXIT.notFound,
	});
}

function recipientsChanged(): AppError {
	return new AppError({
		code: "RECIPIENTS_CHANGED",
		message: "The value is not encrypted for the present writers of the environment.",
		hint: "Load the page again, and fill the value in again.",
		exit: EXIT.conflict,
	});
}

function tooManyValues(): AppError {
	return new AppError({
		code: "VALUES_TOO_MANY",
		message: `${VALUES_MAX} values of this app wait for a member already, which is the limit.`,
		hint: "Accept or discard some: coffer requests accept NAME.",
		exit: EXIT.usage,
	});
}

function openOf({ entries, values }: Snapshot, app: App): OpenRequest[] {
	return openIn(entries, app.state).map((request) => ({
		...request,
		filled: values.find(({ id }) => id === request.entry.id),
	}));
}

/** The writers of an app's environment, for whom a value is encrypted. */
export function recipientsOf({ header }: App["state"]): Member[] {
	const members = [...(header?.environment.members.values() ?? [])];
	return members.filter(({ role }) => role === "writer").slice(0, RECIPIENTS_MAX);
}

export class SecretRequests {
	readonly #options: SecretRequestsOptions;
	readonly #changing = new Mutex();

	constructor(options: SecretRequestsOptions) {
		this.#options = options;
	}

	/** The open requests of an app. @throws AppError `APP_NOT_LINKED` (exit 4) */
	async list(app: App): Promise<OpenRequest[]> {
		if (!app.isLinked) throw notLinked();
		return openOf(await this.#read(app), app);
	}

	/** The value that waits for an open request. @throws AppError `APP_NOT_LINKED`, `REQUEST_NOT_FOUND` (exit 4) */
	async value(app: App, id: string): Promise<FilledValue> {
		const found = (await this.list(app)).find(({ entry }) => entry.id === id)?.filled;
		if (found === undefined) throw requestNotFound("has no value that waits for a member");
		return found;
	}

	/**
	 * Keeps a value for an open request, in the place of one that waits already.
	 * @param by the id of the access token that sent it
	 * @throws AppError `APP_NOT_LINKED`, `REQUEST_NOT_FOUND` (exit 4); `RECIPIENTS_CHANGED` (exit 5) if it is not encrypted for
	 *   the present writers; `VALUES_TOO_MANY`, `STORE_BUSY`
	 */
	async fill(app: App, id: string, sealed: Pick<FilledValue, "keys" | "value">, by: string): Promise<void> {
		if (!app.isLinked) throw notLinked();
		await this.#change(app, (before) => {
			const request = openIn(before.entries, app.state).find(({ entry }) => entry.id === id);
			if (request === undefined) throw requestNotFound("does not exist, or is answered already");
			const boxes = recipientsOf(app.state).map(({ box }) => box);
			const given = sealed.keys.map(({ box }) => box);
			if (given.length !== boxes.length || !boxes.every((box) => given.includes(box)))
				throw recipientsChanged();
			const others = openOf(before, app).flatMap((each) =>
				each.filled && each.entry.id !== id ? [each.filled] : [],
			);
			if (others.length >= VALUES_MAX) throw tooManyValues();
			const { name } = request.entry;
			return { ...before, values: [...others, { ...sealed, id, name, by, atMs: this.#options.now() }] };
		});
	}

	/** Removes a value that waits. A missing one is no error. @throws AppError `APP_NOT_LINKED` (exit 4), `STORE_BUSY` */
	async discard(app: App, id: string): Promise<void> {
		if (!app.isLinked) throw notLinked();
		await this.#change(app, (before) => ({
			...before,
			values: before.values.filter((each) => each.id !== id),
		}));
	}

	/**
	 * Adds what a device has sent. Texts that are no entries of the app's environment are left out.
	 * @returns the open requests
	 * @throws AppError `APP_NOT_LINKED` (exit 4); `STORE_BUSY` (exit 6)
	 */
	async add(app: App, texts: readonly string[]): Promise<OpenRequest[]> {
		if (!app.isLinked) throw notLinked();
		return await this.#change(app, (before) => ({
			...before,
			entries: withSent(before.entries, texts, app.state, this.#options.now()),
		}));
	}

	async #change(app: App, change: (before: Snapshot) => Snapshot): Promise<OpenRequest[]> {
		const { node, store } = this.#options;
		const lease = `requests/${app.id}`;
		return await this.#changing.run(async () => {
			if (!(await store.lease(lease, node, LEASE_MS))) throw busy();
			try {
				const before = await this.#read(app);
				const changed = change(before);
				// A value goes with its request.
				const values = openOf(changed, app).flatMap(({ filled }) => (filled ? [filled] : []));
				const after: Snapshot = { ...changed, values };
				const text = JSON.stringify(after);
				if (text !== JSON.stringify(before))
					await store.checkpoints.write([{ stream: changeStream(app.id), text }]);
				return openOf(after, app);
			} finally {
				await store.release(lease, node);
			}
		});
	}

	async #read(app: App): Promise<Snapshot> {
		const own = changeStream(app.id);
		const empty: Snapshot = { format: FORMAT, life: app.lifetimeId, entries: [], values: [] };
		for await (const { stream, text } of this.#options.store.checkpoints.read(own)) {
			if (stream !== own || text === undefined) continue;
			// This platform wrote it, perhaps in another version.
			const found = JSON.parse(text) as Snapshot;
			if (found.format === FORMAT && found.life === app.lifetimeId)
				return { ...found, values: found.values ?? [] };
		}
		return empty;
	}
}
