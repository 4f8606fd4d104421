/** Waits until nodes have followed an app's events, or the platform's. */
import type { NodeInfo } from "./announcement.ts";

/** A node, and how far it has followed a change. */
export interface NodeProgress {
	readonly node: string;
	/** `gone`: it stops, or does not answer any more. `waiting`: it has not followed in time. */
	readonly status: "followed" | "failed" | "gone" | "waiting";
	/** The functions that did not start there. */
	readonly failed: readonly string[];
}

/** What the nodes have to follow: an app's last event, or the last entry of the platform's own stream. */
export type Wanted =
	| { readonly app: string; readonly revision: number }
	| { readonly platformRevision: number };

/** The functions that did not start on a node that has followed. Undefined: it has not followed. */
function failedOn(info: NodeInfo, wanted: Wanted): readonly string[] | undefined {
	if ("platformRevision" in wanted) {
		// Earlier versions show only what they have read.
		const { platformFollowed, platformRevision } = info;
		return (platformFollowed ?? platformRevision) >= wanted.platformRevision ? [] : undefined;
	}
	const { app, revision } = wanted;
	return info.progress.find((one) => one.app === app && one.revision >= revision)?.failed;
}

export class ProgressWatch {
	readonly #list: () => readonly NodeInfo[];
	readonly #waiters = new Set<() => void>();

	/** @param list the nodes that are there */
	constructor(list: () => readonly NodeInfo[]) {
		this.#list = list;
	}

	/** Call it after each change of the list. */
	changed(): void {
		for (const wake of this.#waiters) wake();
	}

	/**
	 * Waits until every node that is there now has followed. Yields each node once: when it has followed or is gone, and
	 * at the end those that have not followed in time.
	 * @param ended aborts when the time is over
	 */
	async *wait(wanted: Wanted, ended: AbortSignal): AsyncGenerator<NodeProgress, void, void> {
		const expected = new Set(this.#list().map(({ node }) => node));
		let wake = () => {};
		let changed = new Promise<void>(() => {});
		const renew = () => {
			changed = new Promise((resolve) => {
				wake = resolve;
			});
		};
		const tell = () => wake();
		renew();
		this.#waiters.add(tell);
		ended.addEventListener("abort", tell);
		try {
			while (expected.size > 0) {
				renew();
				for (const progress of this.#settled(wanted, expected)) {
					expected.delete(progress.node);
					yield progress;
				}
				if (ended.aborted) break;
				if (expected.size > 0) await changed;
			}
			for (const node of expected) yield { node, status: "waiting", failed: [] };
		} finally {
			this.#waiters.delete(tell);
			ended.removeEventListener("abort", tell);
		}
	}

	/** The expected nodes that are done. */
	#settled(wanted: Wanted, expected: ReadonlySet<string>): NodeProgress[] {
		const present = new Map(this.#list().map((info) => [info.node, info]));
		return [...expected].sort().flatMap((node): NodeProgress[] => {
			const info = present.get(node);
			if (info === undefined || info.isStopping) return [{ node, status: "gone", failed: [] }];
			const failed = failedOn(info, wanted);
			if (failed === undefined) return [];
			return [{ node, status: failed.length > 0 ? "failed" : "followed", failed }];
		});
	}
}
