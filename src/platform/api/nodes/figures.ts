/** The figures of functions on all nodes: each node has those of the requests that it passed on. */
import type { Figures } from "../../../protocol/console.ts";
import type { AskedNode } from "../../../protocol/nodes.ts";
import type { App } from "../../apps/app.ts";
import { NAMES_MAX, type NodeRequest } from "../../nodes/calls/sealed.ts";
import { pointOf } from "../../telemetry/figures/figures.ts";
import type { Slot } from "../../telemetry/figures/slot.ts";
import { formatSpans, parseSpans, sumSpans } from "../../telemetry/figures/span-lines.ts";
import type { Call } from "../endpoint.ts";
import { askOthers } from "./ask.ts";

/** The characters of one part of an answer. */
const PART_CHARACTERS = 64 * 1024;

type FiguresRequest = Extract<NodeRequest, { kind: "figures" }>;

/** What one node counted of each function. */
type NodeSpans = ReadonlyMap<string, readonly Slot[]>;

async function ownSpans(
	{ core }: Pick<Call, "core">,
	app: App,
	names: Iterable<string>,
	stepMs: number,
): Promise<NodeSpans> {
	const found = new Map<string, readonly Slot[]>();
	for (const name of names) {
		const lifetime = app.functionLifetime(name);
		if (lifetime !== undefined) found.set(name, await core.figures.spans(lifetime, stepMs));
	}
	return found;
}

async function* spanParts(
	call: Call,
	app: App,
	request: FiguresRequest,
): AsyncGenerator<Uint8Array, void, void> {
	const names = request.names ?? [...app.state.functions.keys()];
	let part = "";
	for (const name of names) {
		for (const [found, spans] of await ownSpans(call, app, [name], request.stepMs))
			if (spans.length > 0) part += formatSpans(found, spans);
		if (part.length < PART_CHARACTERS) continue;
		yield Buffer.from(part);
		part = "";
	}
	if (part !== "") yield Buffer.from(part);
}

/** What this node counted, for another one that asks for it. */
export function figuresFor(call: Call, app: App, request: FiguresRequest): ReadableStream<Uint8Array> {
	return ReadableStream.from(spanParts(call, app, request));
}

async function readSpans(parts: AsyncIterable<string>): Promise<NodeSpans> {
	const found = new Map<string, readonly Slot[]>();
	for await (const part of parts) {
		for (const line of part.split("\n")) {
			if (line === "") continue;
			const { name, spans } = parseSpans(line);
			found.set(name, spans);
		}
	}
	return found;
}

/** The memory of a function's process on each node. */
function memoryOf(
	name: string,
	nodes: ReadonlyMap<string, NodeSpans>,
): NonNullable<Figures["functions"][number]["memory"]> {
	return [...nodes].flatMap(([node, spans]) => {
		const points = (spans.get(name) ?? []).flatMap(({ atMs, memoryBytes }) =>
			memoryBytes > 0 ? [{ atMs, bytes: memoryBytes }] : [],
		);
		return points.length > 0 ? [{ node, points }] : [];
	});
}

/**
 * The figures of functions, summed over all nodes that answer.
 * @param named the functions that the request names; empty: all of the app. Named ones have the memory of each node
 * @throws AppError as `askOthers`
 */
export async function figuresOf(
	call: Call,
	app: App,
	{ named, stepMs }: { readonly named: readonly string[]; readonly stepMs: number },
): Promise<Pick<Figures, "functions" | "nodes">> {
	const { core } = call;
	const names = named.length > 0 ? [...new Set(named)] : [...app.state.functions.keys()].sort();
	const asked = named.length > 0 && names.length <= NAMES_MAX ? names : null;
	const request: FiguresRequest = {
		...{ kind: "figures", app: app.id, lifetime: app.lifetimeId, names: asked, stepMs },
	};
	const [own, others] = await Promise.all([
		ownSpans(call, app, names, stepMs),
		askOthers(call, request, readSpans),
	]);
	const self = core.node?.name;
	const nodes = new Map<string, NodeSpans>([
		[self ?? "", own],
		...others.flatMap(({ node, value }) => (value === undefined ? [] : [[node, value] as const])),
	]);
	const [sinceMs, untilMs] = [core.figures.sinceMs(stepMs), core.clock.now()];
	const functions = names
		.filter((name) => own.has(name))
		.map((name) => ({
			function: name,
			// The clock of another node may be ahead.
			points: sumSpans([...nodes.values()].map((spans) => spans.get(name) ?? []))
				.filter(({ atMs }) => atMs >= sinceMs && atMs <= untilMs)
				.map(pointOf),
			...(self !== undefined && named.length > 0 && { memory: memoryOf(name, nodes) }),
		}));
	const list: AskedNode[] = others.map(({ missing, node }) => ({ node, missing }));
	return { functions, ...(self !== undefined && { nodes: [{ node: self, missing: null }, ...list] }) };
}
