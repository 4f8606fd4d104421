import type { AskedNode } from "../../protocol/nodes.ts";
import { missingText } from "../text/nodes.tsx";
import { Notice } from "./page.tsx";

/** Names the nodes of which something is missing. @param what it, as the beginning of a sentence */
export function MissingNodes({
	nodes = [],
	what,
}: {
	readonly nodes: readonly AskedNode[] | undefined;
	readonly what: string;
}) {
	const text = missingText(nodes);
	if (text === "") return null;
	return (
		<Notice kind="bad">
			{what} of these nodes are missing: {text}.
		</Notice>
	);
}
