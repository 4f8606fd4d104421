/** Keeps the newest entries of a followed log. Pure. */
import type { AskedNode } from "../../protocol/nodes.ts";

/** An entry of either log. */
export interface LogEntry {
	readonly function: string | null;
	readonly time: string;
	readonly position?: string | undefined;
	/** The node that stored it. Missing if the platform has one node. */
	readonly node?: string | undefined;
}

/** The events of both logs, as far as a buffer reads them. */
type LogMessage<T> =
	| { readonly type: "entry"; readonly entry: T }
	| {
			readonly type: "ping";
			readonly position?: string | undefined;
			readonly positions?: readonly { readonly node: string; readonly position: string }[] | undefined;
	  }
	| { readonly type: "nodes"; readonly nodes: readonly AskedNode[] }
	| { readonly type: "dropped"; readonly lines: number };

export interface LogState<T> {
	readonly entries: readonly T[];
	/** Entries that this page will not get: the platform left them out, or there was no room for them. */
	readonly dropped: number;
	/** Where a new connection continues. With several nodes, a position of each. */
	readonly after: readonly string[];
	/** The nodes whose entries these are, and those whose entries are missing. Empty if the platform has one. */
	readonly nodes: readonly AskedNode[];
	/** Whether the stored entries are here. */
	readonly isCaughtUp: boolean;
}

export const LOG_MAX = 2_000;

export class LogBuffer<T extends LogEntry> {
	#entries: T[] = [];
	#dropped = 0;
	#after: readonly string[] = [];
	#nodes: readonly AskedNode[] = [];
	#isCaughtUp = false;
	/** The last position of each function on each node. A new connection repeats what came before it. */
	readonly #last = new Map<string, string>();

	get state(): LogState<T> {
		return {
			entries: [...this.#entries],
			dropped: this.#dropped,
			after: this.#after,
			nodes: this.#nodes,
			isCaughtUp: this.#isCaughtUp,
		};
	}

	/** Takes an event. One of a kind that this version does not know, such as a problem, means nothing here. */
	take(message: LogMessage<T>): void {
		if (message.type === "dropped") this.#dropped += message.lines;
		else if (message.type === "ping") {
			this.#isCaughtUp = true;
			if (message.positions !== undefined)
				this.#after = message.positions.map(({ node, position }) => `${node}:${position}`);
			else if (message.position !== undefined) this.#after = [message.position];
		} else if (message.type === "nodes") this.#nodes = message.nodes;
		else if (message.type === "entry") this.#add(message.entry);
	}

	#add(entry: T): void {
		// Positions of different nodes cannot be compared.
		const key = JSON.stringify([entry.function, entry.node ?? ""]);
		const last = this.#last.get(key);
		if (entry.position !== undefined) {
			if (last !== undefined && entry.position <= last) return;
			this.#last.set(key, entry.position);
		}
		this.#entries.push(entry);
		// Cut seldom, since that copies everything.
		if (this.#entries.length > LOG_MAX * 1.2) this.#entries = this.#entries.slice(-LOG_MAX);
	}
}
