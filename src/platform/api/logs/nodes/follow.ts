/**
 * Follows the lines of all nodes. First come the stored lines of all nodes that answer in time, merged by time, and then
 * each new line when it arrives. Nodes that come later, and those that answer again, are followed too.
 */
import { LOG_LINES_MAX } from "../../../../protocol/function-log.ts";
import type { AskedNode } from "../../../../protocol/nodes.ts";
import { describeError } from "../../../faults/log.ts";
import type { LogQuery, Timed } from "../../../logs/function-logs.ts";
import type { OpenNode } from "../../../service/node.ts";
import type { Call } from "../../endpoint.ts";
import { type EndReason, type FollowFormat, follow } from "../follow.ts";
import { limitOf } from "../sources.ts";
import { type ClientStream, streamTo } from "./client-stream.ts";
import { type Asked, type FeedEvent, FeedFault, otherFeed, ownFeed } from "./feed.ts";
import { mergeByTime, type NodeLine } from "./merge.ts";

/** How often nodes are looked for that came or answer again. */
const LOOK_MS = 3_000;
/** The number of looks between two pings. */
const PING_LOOKS = 5;

/** How events of several nodes are written. */
export interface NodesFormat<Line> extends Omit<FollowFormat<Line>, "line"> {
	/** @param node undefined if the platform has one node */
	line(name: string | null, line: Line, node?: string): string;
	/** @param positions every line of a node up to its position has been sent */
	pingNodes(positions: ReadonlyMap<string, string>): string;
	nodes(nodes: readonly AskedNode[]): string;
}

export interface FollowedNodes<Line extends Timed> extends Asked<Line> {
	readonly format: NodesFormat<Line>;
	/** Continues after a position of each node. If there is any, all lines of the other nodes are sent that the query selects. */
	readonly after: ReadonlyMap<string, string>;
}

class NodesFollower<Line extends Timed> {
	readonly #call: Call;
	readonly #node: OpenNode;
	readonly #followed: FollowedNodes<Line>;
	readonly #client: ClientStream;
	readonly #ended = new AbortController();
	readonly #feeds = new Set<string>();
	readonly #missing = new Map<string, AskedNode["missing"]>();
	readonly #positions: Map<string, string>;
	/** The last position of each function on each node: a node that answers again repeats lines. */
	readonly #last = new Map<string, string>();
	/** The stored lines of each node, until they are merged. */
	#stored: Map<string, NodeLine<Line>[]> | undefined = new Map();
	#merged = () => {};
	readonly #afterMerge = new Promise<void>((resolve) => {
		this.#merged = resolve;
	});
	readonly #startedMs: number;
	#shown = "";

	constructor(call: Call, node: OpenNode, followed: FollowedNodes<Line>, client: ClientStream) {
		[this.#call, this.#node, this.#followed, this.#client] = [call, node, followed, client];
		this.#positions = new Map(followed.after);
		this.#startedMs = call.core.clock.now();
		client.onEnd(() => this.#ended.abort());
	}

	/** Runs until one side ends the answer. Never rejects. */
	async run(): Promise<void> {
		try {
			const own = this.#open(this.#node.name, (asked) => ownFeed(this.#call, asked, this.#ended.signal));
			await Promise.all([own, ...this.#look()]);
			await this.#sendStored();
			let looks = 0;
			const look = this.#call.core.faults.control.callback(
				() => {
					this.#look();
					if (++looks % PING_LOOKS === 0) this.#ping();
				},
				() => this.#finish("failed"),
			);
			const timer = setInterval(look, LOOK_MS);
			this.#client.onEnd(() => clearInterval(timer));
		} catch (error) {
			this.#call.core.log.error(describeError(error), "an answer ended with an error");
			this.#finish("failed");
		}
	}

	/** Opens the feeds of nodes that have none. @returns when each has sent its stored lines, or failed */
	#look(): Promise<void>[] {
		const { presence } = this.#node.nodes;
		const others = presence.list().filter(({ isStopping, node }) => node !== this.#node.name && !isStopping);
		const opened: Promise<void>[] = [];
		for (const other of others) {
			if (this.#feeds.has(other.node)) continue;
			opened.push(
				this.#open(other.node, (asked) => otherFeed(this.#call, other, asked, true, this.#ended.signal)),
			);
		}
		const silent = presence.silent().filter((node) => !this.#feeds.has(node));
		for (const node of silent) this.#missing.set(node, "silent");
		const present = new Set([...others.map(({ node }) => node), ...silent, ...this.#feeds]);
		for (const node of this.#missing.keys()) if (!present.has(node)) this.#missing.delete(node);
		if (this.#stored === undefined) this.#showNodes();
		return opened;
	}

	/** @returns when the node has sent its stored lines, or failed */
	#open(
		node: string,
		feedOf: (asked: Asked<Line>) => AsyncGenerator<FeedEvent<Line>, void, void>,
	): Promise<void> {
		const { kind, source } = this.#followed;
		const query = this.#queryOf(node);
		this.#feeds.add(node);
		return new Promise((resolve) => {
			void this.#pump(node, feedOf({ kind, query, source }), resolve)
				.catch((error: unknown) => this.#failed(node, error))
				.finally(() => {
					this.#feeds.delete(node);
					resolve();
				});
		});
	}

	/** Which lines to ask a node for. One that comes later, or did not answer at first, sends all since this began. */
	#queryOf(node: string): LogQuery {
		const { after: resumed, query } = this.#followed;
		const after = this.#positions.get(node);
		if (after !== undefined) return { level: query.level, after, limit: query.limit };
		if (resumed.size > 0) return { ...query, limit: LOG_LINES_MAX };
		if (this.#stored !== undefined) return query;
		const sinceMs = Math.max(query.sinceMs ?? 0, this.#startedMs);
		return { level: query.level, sinceMs, limit: LOG_LINES_MAX };
	}

	async #pump(node: string, feed: AsyncIterable<FeedEvent<Line>>, hasCaughtUp: () => void): Promise<void> {
		for await (const event of feed) {
			if (this.#client.isOver) return;
			this.#answers(node);
			if (event.type === "line") await this.#take({ node, name: event.name, line: event.line });
			else if (event.type === "dropped") this.#client.drop(event.lines);
			else if (event.type === "ping") {
				hasCaughtUp();
				await this.#afterMerge;
				if (event.position !== undefined) this.#positions.set(node, event.position);
			} else if (node === this.#node.name) return this.#finish(event.reason);
			// Another node that ends its answer is asked again while it is there.
			else return;
		}
	}

	async #take(line: NodeLine<Line>): Promise<void> {
		if (!this.#isNew(line)) return;
		const stored = this.#stored;
		if (stored === undefined) {
			await this.#client.room();
			return this.#sendLine(line);
		}
		const own = stored.get(line.node) ?? [];
		own.push(line);
		stored.set(line.node, own);
	}

	#isNew({ line: { position }, name, node }: NodeLine<Line>): boolean {
		if (position === undefined) return true;
		const key = `${node}/${name ?? ""}`;
		if (position <= (this.#last.get(key) ?? "")) return false;
		this.#last.set(key, position);
		return true;
	}

	async #sendStored(): Promise<void> {
		const { after, query, source } = this.#followed;
		this.#showNodes();
		// A client that continues gets all lines since its positions.
		const isWhole = after.size > 0;
		const limit = isWhole ? Number.POSITIVE_INFINITY : limitOf(source, query);
		const { left, lines } = mergeByTime(this.#stored?.values() ?? [], limit, source.sizeOf);
		if (isWhole) this.#client.drop(left);
		for (const line of lines) {
			await this.#client.room();
			this.#sendLine(line);
		}
		this.#stored = undefined;
		this.#merged();
		// The feeds note their positions first.
		setImmediate(() => this.#ping());
	}

	#sendLine({ line, name, node }: NodeLine<Line>): void {
		this.#client.send(this.#followed.format.line(name, line, node));
	}

	#ping(): void {
		this.#client.send(this.#followed.format.pingNodes(this.#positions));
	}

	#answers(node: string): void {
		if (this.#missing.get(node) === null) return;
		this.#missing.set(node, null);
		if (this.#stored === undefined) this.#showNodes();
	}

	#failed(node: string, error: unknown): void {
		if (this.#client.isOver) return;
		const missing = error instanceof FeedFault ? error.missing : "unreachable";
		if (this.#missing.get(node) === missing) return;
		this.#missing.set(node, missing);
		this.#call.core.log.warn({ node, ...describeError(error) }, "the log of a node cannot be followed");
		if (this.#stored === undefined) this.#showNodes();
	}

	/** Sends which nodes are followed, if that has changed. */
	#showNodes(): void {
		const nodes = [...this.#missing]
			.map(([node, missing]): AskedNode => ({ node, missing }))
			.sort((one, other) => (one.node < other.node ? -1 : 1));
		const shown = JSON.stringify(nodes);
		if (shown === this.#shown) return;
		this.#shown = shown;
		this.#client.send(this.#followed.format.nodes(nodes));
	}

	#finish(reason: EndReason): void {
		this.#merged();
		this.#client.finish(this.#followed.format.end(reason));
	}
}

/** The answer that follows functions on all nodes. */
export function followNodes<Line extends Timed>(call: Call, followed: FollowedNodes<Line>): Response {
	const { node } = call.core;
	const { format, query, source } = followed;
	if (node === undefined) return follow(call, { source, query, format });
	const start = (client: ClientStream) => void new NodesFollower(call, node, followed, client).run();
	return streamTo(start, format.media, (lines) => format.dropped(lines));
}
