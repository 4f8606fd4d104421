/** The lines of one node: of this one, or of another that is asked for them. */
import * as z from "zod";
import { logPositionSchema } from "../../../../protocol/log-position.ts";
import type { AskedNode } from "../../../../protocol/nodes.ts";
import type { Kept, LogQuery, Timed } from "../../../logs/function-logs.ts";
import type { CallableNode } from "../../../nodes/calls/calls.ts";
import type { LineRequest } from "../../../nodes/calls/sealed.ts";
import type { Call } from "../../endpoint.ts";
import { ANSWER_MS, faultOf } from "../../nodes/ask.ts";
import { type EndReason, type FollowFormat, follow } from "../follow.ts";
import type { Source } from "../sources.ts";

/** How long another node may send nothing while it is followed. It sends something every 15 s. */
const SILENCE_MS = 40_000;

/** Lines of an app that are asked for. */
export interface Asked<Line extends Timed> {
	readonly kind: LineRequest["kind"];
	readonly source: Source<Line>;
	readonly query: LogQuery;
}

const eventSchema = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("line"),
		name: z.string().nullable(),
		line: z.looseObject({ time: z.string(), position: logPositionSchema.optional() }),
	}),
	z.object({ type: z.literal("ping"), position: logPositionSchema.optional() }),
	z.object({ type: z.literal("dropped"), lines: z.int().min(1) }),
	z.object({
		type: z.literal("end"),
		reason: z.enum(["app_deleted", "platform_closing", "token_invalid", "failed"]),
	}),
]);

/** What nodes send each other. A `ping` comes after the stored lines. */
export type FeedEvent<Line> =
	| { readonly type: "line"; readonly name: string | null; readonly line: Kept<Line> }
	| { readonly type: "ping"; readonly position?: string | undefined }
	| { readonly type: "dropped"; readonly lines: number }
	| { readonly type: "end"; readonly reason: EndReason };

const textOf = (event: FeedEvent<Timed>) => `${JSON.stringify(event)}\n`;

/** One line of JSON for each event. */
export const FEED_FORMAT: FollowFormat<Timed> = {
	media: "application/x-ndjson",
	ping: (position) => textOf({ type: "ping", position }),
	line: (name, line) => textOf({ type: "line", name, line }),
	dropped: (lines) => textOf({ type: "dropped", lines }),
	end: (reason) => textOf({ type: "end", reason }),
};

/** The events of a text of whole lines. The lines of a node are of the kind that was asked for. */
function eventsOf<Line extends Timed>(text: string): FeedEvent<Line>[] {
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => eventSchema.parse(JSON.parse(line)) as FeedEvent<Line>);
}

/** The lines of this node, past and new, until the answer to the call has to end. */
export async function* ownFeed<Line extends Timed>(
	call: Call,
	{ query, source }: Asked<Line>,
	signal: AbortSignal,
): AsyncGenerator<FeedEvent<Line>, void, void> {
	const body = follow<Line>(call, { source, query, format: FEED_FORMAT }).body as ReadableStream<Uint8Array>;
	const reader = body.getReader();
	const cancel = () => void reader.cancel().catch(() => undefined);
	signal.addEventListener("abort", cancel);
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			yield* eventsOf<Line>(Buffer.from(value).toString());
		}
	} finally {
		signal.removeEventListener("abort", cancel);
		cancel();
	}
}

/** Why the lines of a node are missing. */
export class FeedFault extends Error {
	readonly missing: NonNullable<AskedNode["missing"]>;

	constructor(missing: NonNullable<AskedNode["missing"]>, cause?: unknown) {
		super(`the lines of a node are missing: ${missing}`, { cause });
		this.missing = missing;
	}
}

/**
 * The lines of another node. The time limit of its stored lines is `ANSWER_MS`.
 * @param isFollowed whether its new lines follow
 * @throws FeedFault if it does not answer (any more)
 */
export async function* otherFeed<Line extends Timed>(
	{ core }: Pick<Call, "core">,
	node: CallableNode,
	{ kind, query, source }: Asked<Line>,
	isFollowed: boolean,
	signal: AbortSignal,
): AsyncGenerator<FeedEvent<Line>, void, void> {
	const calls = core.node?.nodes.calls;
	if (calls === undefined || node.address === "") throw new FeedFault("no_address");
	const late = new AbortController();
	const wait = (ms: number) => core.clock.schedule(() => late.abort(), ms);
	const { app, names = null } = source;
	const request: LineRequest = {
		...{ app: app.id, lifetime: app.lifetimeId, kind, follow: isFollowed },
		...{ names: names === null ? null : [...names], query },
	};
	let cancel = wait(ANSWER_MS);
	let hasCaughtUp = false;
	try {
		for await (const part of calls.ask(node, request, AbortSignal.any([signal, late.signal]))) {
			const events = eventsOf<Line>(part);
			hasCaughtUp ||= events.some(({ type }) => type === "ping");
			// The time in which this node does not read does not count.
			if (hasCaughtUp) cancel();
			yield* events;
			if (hasCaughtUp) cancel = wait(SILENCE_MS);
		}
	} catch (error) {
		if (signal.aborted) return;
		throw new FeedFault(faultOf(error, late.signal), error);
	} finally {
		cancel();
	}
}
