/** The colours and signs of nodes. A sign says the same as its colour. */
import type { Progress } from "../../data/rollout.ts";
import type { Colours } from "../../shell/colours.ts";
import type { FunctionNode, GraphNode, SecretNode } from "../graph.ts";
import { hasFailed } from "../marks.ts";
import type { Scene } from "./scene.ts";

export interface Look {
	readonly fill: string;
	readonly outline: string;
	readonly dash: readonly number[];
	readonly sign: string;
	readonly signColour: string;
	/** As a bar; undefined: nothing is remarkable. */
	readonly bar?: string;
}

function functionLook({ entry, isDynamic }: FunctionNode, now: Progress | undefined, colours: Colours): Look {
	const { warn, bad, good, quiet, line } = colours;
	const plain = { fill: colours.surface, outline: line, dash: [], sign: "●", signColour: good };
	const base = isDynamic ? { ...plain, dash: [3, 2], outline: quiet, bar: warn } : plain;
	if (now?.phase === "planned") return { ...base, outline: warn, sign: "◌", signColour: warn, bar: warn };
	if (now?.phase === "starting") return { ...base, outline: warn, sign: "◔", signColour: warn, bar: warn };
	if (hasFailed(entry, now)) return { ...base, outline: bad, sign: "✕", signColour: bad, bar: bad };
	if (now !== undefined && entry.state === "live") return { ...base, outline: good, bar: good };
	return entry.state === "idle" ? { ...base, sign: "○", signColour: quiet } : base;
}

function secretLook({ presence, isUnread }: SecretNode, isChanging: boolean, colours: Colours): Look {
	const { warn, bad, quiet, edge, line } = colours;
	const plain = { fill: colours.surface, outline: line, dash: [], sign: "◆", signColour: colours.accent };
	if (presence === "missing")
		return { ...plain, outline: bad, dash: [4, 3], sign: "!", signColour: bad, bar: bad };
	if (presence === "pattern") return { ...plain, outline: quiet, dash: [2, 2], sign: "*", signColour: quiet };
	if (isChanging) return { ...plain, outline: warn, signColour: warn, bar: warn };
	if (presence === "optional")
		return { ...plain, outline: quiet, dash: [4, 3], sign: "◇", signColour: quiet };
	return isUnread || presence === "unknown" ? { ...plain, sign: "◇", signColour: quiet, bar: edge } : plain;
}

/** How a node looks now. */
export function lookOf(node: GraphNode, { progress, changing }: Scene, colours: Colours): Look {
	return node.kind === "function"
		? functionLook(node, progress.get(node.name), colours)
		: secretLook(node, changing.has(node.name), colours);
}
