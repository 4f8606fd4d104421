/** Asks the other nodes of the platform for something that each of them has. */
import type { AskedNode } from "../../../protocol/nodes.ts";
import { describeError } from "../../faults/log.ts";
import type { CallableNode } from "../../nodes/calls/calls.ts";
import { NodeRefused } from "../../nodes/calls/post.ts";
import type { NodeRequest } from "../../nodes/calls/sealed.ts";
import type { Core } from "../../service/core.ts";
import { type Call, checkStillValid } from "../endpoint.ts";

/** How long another node may take to send what it has stored. */
export const ANSWER_MS = 5_000;

/** Why a node gave no answer. @param late aborts when its time is over */
export function faultOf(error: unknown, late: AbortSignal): NonNullable<AskedNode["missing"]> {
	if (late.aborted) return "timeout";
	return error instanceof NodeRefused ? "refused" : "unreachable";
}

/** What a node answered. */
export interface NodeAnswer<T> extends AskedNode {
	/** Undefined if something is missing. */
	readonly value: T | undefined;
}

type Read<T> = (parts: AsyncIterable<string>) => Promise<T>;

/** What each node answered last: a page that asks again and again must not fill the log. */
const known = new WeakMap<Core, Map<string, AskedNode["missing"]>>();

/** Notes what a node answered. @returns whether it is something else than the last time */
function isNews(core: Core, node: string, missing: AskedNode["missing"]): boolean {
	const last = known.get(core) ?? new Map<string, AskedNode["missing"]>();
	known.set(core, last);
	const isOther = (last.get(node) ?? null) !== missing;
	// Nodes that answer are not kept, so that the list has no more names than there are faults.
	if (missing === null) last.delete(node);
	else last.set(node, missing);
	return isOther;
}

async function ask<T>(
	{ core }: Call,
	other: CallableNode,
	request: NodeRequest,
	read: Read<T>,
): Promise<NodeAnswer<T>> {
	const { node } = other;
	const calls = core.node?.nodes.calls;
	if (calls === undefined || other.address === "") return { node, missing: "no_address", value: undefined };
	const late = new AbortController();
	const cancel = core.clock.schedule(() => late.abort(), ANSWER_MS);
	try {
		const value = await read(calls.ask(other, request, late.signal));
		isNews(core, node, null);
		return { node, missing: null, value };
	} catch (error) {
		const missing = faultOf(error, late.signal);
		if (isNews(core, node, missing))
			core.log.warn(
				{ node, what: request.kind, missing, ...describeError(error) },
				"a node does not answer another one",
			);
		return { node, missing, value: undefined };
	} finally {
		cancel();
	}
}

/**
 * The answers of all other nodes, and those that give none. Nodes that hang cost `ANSWER_MS` together.
 * @param read reads the parts of one node's answer. What it throws means that the node gave no answer
 * @throws AppError `TOKEN_INVALID` (exit 3) if the token was revoked while nodes were asked
 */
export async function askOthers<T>(
	call: Call,
	request: NodeRequest,
	read: Read<T>,
): Promise<NodeAnswer<T>[]> {
	const { node: own } = call.core;
	if (own === undefined) return [];
	const { presence } = own.nodes;
	const others = presence.list().filter(({ node }) => node !== own.name);
	const answers = await Promise.all(others.map((other) => ask(call, other, request, read)));
	checkStillValid(call);
	const silent = presence.silent().map((node) => ({ node, missing: "silent" as const, value: undefined }));
	return [...answers, ...silent];
}
