/** Keeps the newest entries of a followed log. Pure. */

/** An entry of either log. */
export interface LogEntry {
	readonly function: string | null;
	readonly time: string;
	readonly position?: string | undefined;
}

/** The events of both logs, as far as a buffer reads them. */
type LogMessage<T> =
	| { readonly type: "entry"; readonly entry: T }
	| { readonly type: "ping"; readonly position?: string | undefined }
	| { readonly type: "dropped"; readonly lines: number };

export interface LogState<T> {
	readonly entries: readonly T[];
	/** Entries that this page will not get: the platform left them out, or there was no room for them. */
	readonly dropped: number;
	/** Where a new connection continues. */
	readonly after: string | undefined;
	/** Whether the stored entries are here. */
	readonly isCaughtUp: boolean;
}

export const LOG_MAX = 2_000;

export class LogBuffer<T extends LogEntry> {
	#entries: T[] = [];
	#dropped = 0;
	#after: string | undefined;
	#isCaughtUp = false;
	/** The last position of each function. A new connection repeats what came before it. */
	readonly #last = new Map<string | null, string>();

	get state(): LogState<T> {
		return {
			entries: [...this.#entries],
			dropped: this.#dropped,
			after: this.#after,
			isCaughtUp: this.#isCaughtUp,
		};
	}

	/** Takes an event. One of a kind that this version does not know, such as a problem, means nothing here. */
	take(message: LogMessage<T>): void {
		if (message.type === "dropped") this.#dropped += message.lines;
		else if (message.type === "ping") {
			this.#isCaughtUp = true;
			this.#after = message.position ?? this.#after;
		} else if (message.type === "entry") this.#add(message.entry);
	}

	#add(entry: T): void {
		const last = this.#last.get(entry.function);
		if (entry.position !== undefined) {
			if (last !== undefined && entry.position <= last) return;
			this.#last.set(entry.function, entry.position);
		}
		this.#entries.push(entry);
		// Cut seldom, since that copies everything.
		if (this.#entries.length > LOG_MAX * 1.2) this.#entries = this.#entries.slice(-LOG_MAX);
	}
}
