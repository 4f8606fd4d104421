/**
 * The checkpoints of apps: an app's state as of a position in each of its streams. A start that uses it reads only what
 * was appended later. A checkpoint is never needed: whatever is wrong with it, the streams are read from their beginning.
 */
import { APP_STREAMS, eventStream } from "../../events/events.ts";
import { type EntryMark, isSameMark } from "../../store/sealed/entry-mark.ts";
import type { SealedStore } from "../../store/sealed/sealed-store.ts";
import type { Checkpoint, StreamName } from "../../store/store.ts";
import type { App } from "../app.ts";
import { changeStream } from "../log-entries.ts";
import { FOLD_FORMAT, type SavedApp, type UsableCheckpoint } from "./saved-fold.ts";

export interface AppCheckpointsOptions {
	readonly store: SealedStore;
	/** Called for each checkpoint that is not used. @param reason a clause that says why */
	readonly onUnused?: (app: string, reason: string) => void;
}

/** What the checkpoint of an app has to agree with. */
export type Expected = Pick<SavedApp, "context" | "lifetime" | "isShared">;

/** A checkpoint as it was read. */
export interface FoundCheckpoint {
	readonly app: string;
	/** Undefined: it is damaged or forged. */
	readonly text: string | undefined;
}

export class AppCheckpoints {
	readonly #options: AppCheckpointsOptions;

	constructor(options: AppCheckpointsOptions) {
		this.#options = options;
	}

	/** The checkpoints of all apps. */
	async *read(): AsyncGenerator<FoundCheckpoint, void, void> {
		const { store } = this.#options;
		// A store that does not match its seal is read completely, so that the fault is found.
		if (store.fault !== undefined) return;
		for await (const { stream, text } of store.checkpoints.read(APP_STREAMS)) {
			const app = stream.slice(APP_STREAMS.length).split("/", 1)[0] ?? "";
			// The other streams of an app have other texts (`apps/secret-requests`).
			if (stream === eventStream(app)) yield { app, text };
		}
	}

	/** Deletes the checkpoint of an app that does not exist. A version without checkpoints may have deleted the app. */
	async remove(app: string): Promise<void> {
		await this.#options.store.checkpoints.remove(eventStream(app));
	}

	/** Undefined if the checkpoint cannot be used. */
	async use({ app, text }: FoundCheckpoint, expected: Expected): Promise<UsableCheckpoint | undefined> {
		const found = parse(text);
		const usable = typeof found === "string" ? found : await this.#check(app, found, expected);
		if (typeof usable !== "string") return usable;
		this.#options.onUnused?.(app, usable);
		return undefined;
	}

	/** @returns why it cannot be used, if so */
	async #check(app: string, saved: SavedApp, expected: Expected): Promise<UsableCheckpoint | string> {
		if (saved.lifetime !== expected.lifetime) return "it is of an earlier app of this name";
		if (saved.isShared !== expected.isShared)
			return "it was written with another number of nodes (one, or several)";
		if (JSON.stringify(saved.context) !== JSON.stringify(contextOf(expected)))
			return "the app was linked with a vault later";
		const changes = await this.#placeOf(changeStream(app), saved.changes);
		const events = await this.#placeOf(eventStream(app), saved.events);
		if (changes === undefined || events === undefined)
			return "the app's log does not have the entries that it is of";
		return { saved, isAtEnd: { changes: changes === "end", events: events === "end" } };
	}

	/** Whether an entry is the last one of a stream, or an earlier one. Undefined if the stream does not have it. */
	async #placeOf(stream: StreamName, mark: EntryMark): Promise<"end" | "earlier" | undefined> {
		const { marks } = this.#options.store.known;
		if (isSameMark(mark, marks.endOf(stream))) return "end";
		return (await marks.has(stream, mark)) ? "earlier" : undefined;
	}

	/**
	 * Writes the states of apps. An app is left out if it has no events, or if an entry is being appended to it.
	 * @returns the size of each checkpoint in characters, and the number of entries in it
	 */
	async write(apps: readonly App[]): Promise<Map<App, { readonly size: number; readonly entries: number }>> {
		const checkpoints: Checkpoint[] = [];
		const written = new Map<App, { size: number; entries: number }>();
		for (const app of apps) {
			const text = this.#textOf(app);
			if (text === undefined) continue;
			checkpoints.push({ stream: eventStream(app.id), text });
			written.set(app, { size: text.length, entries: app.entryCount });
		}
		if (checkpoints.length > 0) await this.#options.store.checkpoints.write(checkpoints);
		return written;
	}

	#textOf(app: App): string | undefined {
		const { store } = this.#options;
		const { marks } = store.known;
		const [changes, events] = [marks.endOf(changeStream(app.id)), marks.endOf(eventStream(app.id))];
		const isKnown = changes.revision === app.state.head.revision && events.revision === app.eventRevision;
		if (store.fault !== undefined || !isKnown || app.eventRevision === 0) return undefined;
		const { context, ...rest } = app.save();
		const saved: SavedApp = { ...rest, context: contextOf({ context }), changes, events };
		return `${FOLD_FORMAT}\n${JSON.stringify(saved)}`;
	}
}

/** Its parts in a fixed order, to compare their text. */
function contextOf({ context: { app, environment, vaultId } }: Pick<Expected, "context">) {
	return { app, vaultId, environment };
}

/** @returns why it cannot be used, if so */
function parse(text: string | undefined): SavedApp | string {
	if (text === undefined) return "it is damaged, or this platform did not write it";
	const end = text.indexOf("\n");
	if (text.slice(0, Math.max(0, end)) !== String(FOLD_FORMAT)) return "another version of Coffer wrote it";
	// This platform wrote it, in this form.
	return JSON.parse(text.slice(end + 1)) as SavedApp;
}
