/** The nodes of a platform in words. */
import type { AskedNode, NodePhase } from "../../protocol/nodes.ts";
import { nameText } from "./name.tsx";

/** The first characters of a node's name, which tell nodes apart. */
const SHORT_CHARACTERS = 8;

export const shortNode = (node: string): string => nameText([...node].slice(0, SHORT_CHARACTERS).join(""));

/** A node by the first part of its name. Its title is the whole name. */
export function NodeName({ node }: { readonly node: string }) {
	return (
		<bdi class="name" translate={false} title={nameText(node)}>
			{shortNode(node)}
		</bdi>
	);
}

const CAUSES: Readonly<Record<NonNullable<AskedNode["missing"]>, string>> = {
	no_address: "it has no address for other nodes: start it with --advertise URL",
	unreachable: "the node that answers this page does not reach it",
	timeout: "it did not answer in time",
	refused: "it did not accept the request, and may run another version of Coffer",
	silent: "it does not reach the store",
};

/** Why something of a node is missing. */
export const causeText = (missing: NonNullable<AskedNode["missing"]>): string => CAUSES[missing];

/** The nodes of which something is missing, each with the reason. */
export const missingText = (nodes: readonly AskedNode[]): string =>
	nodes
		.flatMap(({ node, missing }) => (missing === null ? [] : [`${shortNode(node)} (${causeText(missing)})`]))
		.join(", ");

/** What a phase looks like, and what it says about a node. */
export const PHASES: Readonly<
	Record<NodePhase | "waiting", { readonly look: string; readonly text: string }>
> = {
	trying: { look: "pending", text: "Tries the change first" },
	waiting: { look: "", text: "Waits for the node that tries it" },
	following: { look: "pending", text: "Has not followed yet" },
	followed: { look: "live", text: "Up to date" },
	failed: { look: "failed", text: "Did not start the newest version or values" },
	stopping: { look: "pending", text: "Stopping" },
	silent: { look: "failed", text: "Does not answer, and may serve earlier values" },
	unknown: { look: "", text: "Not known" },
};
