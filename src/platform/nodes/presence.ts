/**
 * Shows the other nodes that this one is there, and learns which others are.
 *
 * Two texts of a node are in the store. One goes soon after the node stops renewing it: then the others do not wait for
 * the node any more. The other one goes later: until then, the node may go on serving functions with the values that it
 * has, while it cannot reach the store. The node itself counts that time from before each renewal, by a clock that never
 * jumps, so it always ends first.
 */
import { isDeepStrictEqual } from "node:util";
import type { AppError } from "../../errors.ts";
import type { Clock } from "../machine/clock.ts";
import type { SharedStore } from "../store/several-nodes.ts";
import { formatNode, type NodeInfo, PROGRESS_MAX, type Progress } from "./announcement.ts";
import { ShownNodes } from "./shown-nodes.ts";

const ANSWERING = "nodes/";
const SERVING = "serving/";
/** How long a node that was killed seems to be there. */
const ANSWERING_MS = 10_000;
const RENEW_MS = 3_000;
/** A node stops serving this long before its text goes, because ending processes takes time too. */
const MARGIN_MS = 1_000;
/** What the lasting text of a node does not say, so that it need not be written often. */
const NOTHING = {
	isStopping: false,
	ticket: "",
	platformRevision: 0,
	platformFollowed: undefined,
	functions: { live: 0, idle: 0, failed: 0 },
	trying: [],
};

export interface PresenceOptions {
	readonly store: SharedStore;
	readonly node: string;
	/** How long a node may serve without the store. */
	readonly staleAfterMs: number;
	/** The key of the platform's identity for stored state: 32 bytes. */
	readonly key: Uint8Array;
	readonly clock: Clock;
	readonly describe: () => Omit<NodeInfo, "node" | "progress" | "isStopping" | "platformFollowed">;
	readonly onError: (error: unknown) => void;
	/** Why the store is not used. Undefined: it is. */
	readonly fault: () => AppError | undefined;
	/** Called when this node may serve again, or no longer. */
	readonly onServing: (mayServe: boolean) => void;
	/** Called after each renewal. */
	readonly onRenewed: () => void;
	/** Called after each change of the nodes that are there. */
	readonly onNodes: () => void;
}

/** Whether any node of the store may be serving functions. */
export async function anyServes(store: SharedStore): Promise<boolean> {
	const done = new AbortController();
	for await (const texts of store.announcements(done.signal)) {
		done.abort();
		return [...texts.keys()].some((name) => name.startsWith(SERVING) && name !== SERVING + store.node);
	}
	return true;
}

export class Presence {
	readonly #options: PresenceOptions;
	readonly #closing = new AbortController();
	#nodes: ReadonlyMap<string, NodeInfo> = new Map();
	/** The nodes that may serve, whether they answer or not. */
	#serving: ReadonlySet<string> = new Set();
	#progress: Progress[] = [];
	#platformFollowed = 0;
	#renewedMs = Number.NEGATIVE_INFINITY;
	#mayServe = false;
	#isStopping = false;
	#renewing: Promise<void> = Promise.resolve();
	/** The renewal that has not begun yet, and whether it is for more time, and not only for another text. */
	#waiting: Promise<void> | undefined;
	#needsTime = false;
	#cancel = () => {};
	#cancelEnd = () => {};

	constructor(options: PresenceOptions) {
		this.#options = options;
	}

	/** Shows this node. @throws AppError if the store does not answer */
	async start(): Promise<void> {
		await this.#show(true);
		void this.#watch();
		this.#tick();
	}

	/** Whether the store has answered lately. */
	get isConnected(): boolean {
		return this.#options.clock.monotonicMs() - this.#renewedMs < ANSWERING_MS;
	}

	/** Whether the time of this node is not over. */
	get mayServe(): boolean {
		return this.#options.clock.monotonicMs() - this.#renewedMs < this.#serveMs;
	}

	/** When the time of this node is over, by the monotonic clock. */
	get servesUntilMs(): number {
		return this.#renewedMs + this.#serveMs;
	}

	get #serveMs(): number {
		return this.#options.staleAfterMs - MARGIN_MS;
	}

	/** The nodes that are there, this one included, sorted by name. */
	list(): NodeInfo[] {
		return [...this.#nodes.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
	}

	/** The nodes that do not answer, and may still serve functions. */
	silent(): string[] {
		return [...this.#serving].filter((node) => !this.#nodes.has(node)).sort();
	}

	/** Shows that this node has followed an app's events up to a revision. */
	async report(progress: Progress): Promise<void> {
		if (this.#progress.some((shown) => isDeepStrictEqual(shown, progress))) return;
		const others = this.#progress.filter(({ app }) => app !== progress.app);
		this.#progress = [...others, progress].slice(-PROGRESS_MAX);
		await this.refresh();
	}

	/** Shows that this node has followed the platform's own stream up to a revision. */
	async reportPlatform(revision: number): Promise<void> {
		if (revision <= this.#platformFollowed) return;
		this.#platformFollowed = revision;
		await this.refresh();
	}

	/** Shows what has changed of this node. */
	async refresh(): Promise<void> {
		await this.#show(false).catch(this.#options.onError);
	}

	/** Shows that this node takes no new requests. */
	async stopping(): Promise<void> {
		this.#isStopping = true;
		await this.refresh();
	}

	get isStopping(): boolean {
		return this.#isStopping;
	}

	/** Removes the texts of this node. */
	async withdraw(): Promise<void> {
		const { node, store } = this.#options;
		for (const name of [ANSWERING, SERVING]) await store.withdraw(name + node).catch(() => undefined);
	}

	/** Shows that this node is gone. */
	async close(): Promise<void> {
		this.#closing.abort();
		this.#cancel();
		await this.#renewing;
		this.#cancelEnd();
		await this.withdraw();
	}

	/**
	 * Shows this node. Calls run one after the other, and those that come before one begins share it.
	 * @param needsTime whether the texts get more time too
	 */
	#show(needsTime: boolean): Promise<void> {
		this.#needsTime ||= needsTime;
		if (this.#waiting !== undefined) return this.#waiting;
		const renewal = this.#renewing.then(async () => {
			this.#waiting = undefined;
			if (!this.#closing.signal.aborted) await this.#renew();
		});
		this.#waiting = renewal;
		this.#renewing = renewal.catch(() => undefined);
		return renewal;
	}

	async #renew(): Promise<void> {
		const { clock, describe, fault, key, node, staleAfterMs, store } = this.#options;
		// Nothing is written to a store that is another one, and contact with it gives no time to serve.
		const refused = fault();
		if (refused !== undefined) throw refused;
		const sinceMs = clock.monotonicMs();
		const own = { isStopping: this.#isStopping, platformFollowed: this.#platformFollowed };
		const info = { ...describe(), node, ...own, progress: this.#progress };
		const text = formatNode(info, key);
		if (!this.#needsTime && (await store.replaceAnnouncement(ANSWERING + node, text))) return;
		this.#needsTime = false;
		const short = { ...info, ...NOTHING, progress: [] };
		// A store that is full may refuse the second one, and still let the node serve.
		const answering = store.announce(ANSWERING + node, text, ANSWERING_MS);
		answering.catch(() => undefined);
		await store.announce(SERVING + node, formatNode(short, key), staleAfterMs);
		this.#renewed(sinceMs);
		await answering;
	}

	/** The store has answered. @param sinceMs when it was asked */
	#renewed(sinceMs: number): void {
		const { clock, onRenewed } = this.#options;
		// A process that was suspended finds out here that its time was over, before it gets more.
		this.#judge();
		this.#renewedMs = sinceMs;
		this.#judge();
		onRenewed();
		this.#cancelEnd();
		const leftMs = sinceMs + this.#serveMs - clock.monotonicMs();
		// A timer may fire up to a millisecond early.
		this.#cancelEnd = clock.schedule(() => this.#judge(), Math.max(0, leftMs) + 2);
	}

	#tick(): void {
		this.#cancel = this.#options.clock.schedule(() => {
			this.#judge();
			void this.#show(true).catch(this.#options.onError);
			this.#tick();
		}, RENEW_MS);
	}

	#judge(): void {
		const { mayServe } = this;
		if (mayServe === this.#mayServe) return;
		this.#mayServe = mayServe;
		this.#options.onServing(mayServe);
	}

	async #watch(): Promise<void> {
		const { clock, key, onError, onNodes, store } = this.#options;
		const { signal } = this.#closing;
		const shown = new ShownNodes(key);
		while (!signal.aborted) {
			try {
				for await (const texts of store.announcements(signal)) {
					const known = shown.read(texts);
					const of = (prefix: string) => known.filter(([name, info]) => name === prefix + info.node);
					this.#nodes = new Map(of(ANSWERING).map(([, info]) => [info.node, info]));
					this.#serving = new Set(of(SERVING).map(([, info]) => info.node));
					onNodes();
				}
			} catch (error) {
				onError(error);
			}
			if (!signal.aborted) await new Promise<void>((resolve) => void clock.schedule(resolve, RENEW_MS));
		}
	}
}
