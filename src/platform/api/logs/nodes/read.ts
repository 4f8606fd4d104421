/** Reads the newest lines of all nodes. */
import type { AskedNode } from "../../../../protocol/nodes.ts";
import { describeError } from "../../../faults/log.ts";
import type { Timed } from "../../../logs/function-logs.ts";
import type { CallableNode } from "../../../nodes/calls/calls.ts";
import { type Call, checkStillValid } from "../../endpoint.ts";
import type { NamedLine } from "../newest.ts";
import { limitOf, readNewest } from "../sources.ts";
import { type Asked, FeedFault, otherFeed } from "./feed.ts";
import { mergeByTime, type NodeLine } from "./merge.ts";

export interface ReadLines<Line> {
	/** Oldest first. `node` is missing if the platform has one node. */
	readonly lines: readonly (NamedLine<Line> & { readonly node?: string })[];
	/** The nodes that were asked. Undefined if the platform has one node. */
	readonly nodes: AskedNode[] | undefined;
}

interface Answer<Line> extends AskedNode {
	readonly lines: readonly NodeLine<Line>[];
}

/** The stored lines of another node. One that does not answer has none, and says why. */
async function ask<Line extends Timed>(
	call: Call,
	other: CallableNode,
	asked: Asked<Line>,
): Promise<Answer<Line>> {
	const { node } = other;
	const lines: NodeLine<Line>[] = [];
	try {
		for await (const event of otherFeed(call, other, asked, false, new AbortController().signal))
			if (event.type === "line") lines.push({ node, name: event.name, line: event.line });
		return { node, missing: null, lines };
	} catch (error) {
		call.core.log.warn({ node, ...describeError(error) }, "the log of a node cannot be read");
		return { node, missing: error instanceof FeedFault ? error.missing : "unreachable", lines: [] };
	}
}

/**
 * The newest lines of all nodes, merged by time. A node that does not answer costs `ANSWER_MS`, however many they are.
 * @throws AppError `TOKEN_INVALID` (exit 3) if the token was revoked while nodes were asked
 */
export async function readNodes<Line extends Timed>(
	call: Call,
	asked: Asked<Line>,
): Promise<ReadLines<Line>> {
	const { query, source } = asked;
	const { node: own } = call.core;
	if (own === undefined) return { lines: await readNewest(source, query), nodes: undefined };
	const { presence } = own.nodes;
	const others = presence.list().filter(({ node }) => node !== own.name);
	const [lines, ...answers] = await Promise.all([
		readNewest(source, query),
		...others.map((other) => ask(call, other, asked)),
	]);
	checkStillValid(call);
	const mine = lines.map((line) => ({ ...line, node: own.name }));
	const all = [mine, ...answers.map((answer) => answer.lines)];
	const silent = presence.silent().map((node): AskedNode => ({ node, missing: "silent" }));
	return {
		lines: mergeByTime(all, limitOf(source, query), source.sizeOf).lines,
		nodes: [
			{ node: own.name, missing: null },
			...answers.map(({ missing, node }) => ({ node, missing })),
			...silent,
		],
	};
}
