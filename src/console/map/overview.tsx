import { countText } from "../text/instants.ts";
import { Name } from "../text/name.tsx";
import { type Graph, type GraphNode, nodesOf } from "./graph.ts";
import { hasMark, type Mark, type ProgressOf } from "./marks.ts";

const SHOWN = 12;

const GROUPS: readonly (readonly [Mark, string])[] = [
	["failed", "Failed functions"],
	["missing", "Referenced, and not in the vault"],
	["dynamic", "May read any secret"],
	["unread", "In the vault, and read by no function"],
];

interface OverviewProps {
	readonly graph: Graph;
	readonly progress: ProgressOf;
	readonly onSelect: (node: GraphNode) => void;
}

/** What is remarkable about the whole map. It stands where the details of a chosen node come. */
export function Overview({ graph, progress, onSelect }: OverviewProps) {
	const nodes = nodesOf(graph);
	const groups = GROUPS.map(([mark, title]) => ({
		title,
		found: nodes.filter((node) => hasMark(node, mark, progress)),
	}));
	return (
		<section class="details" aria-label="Overview">
			<p class="quiet">
				Choose a function or a secret, in the list or in the picture, to see why they belong together.
			</p>
			{groups
				.filter(({ found }) => found.length > 0)
				.map(({ title, found }) => (
					<section key={title} class="details-part">
						<h2>{title}</h2>
						<ul class="overview-names">
							{found.slice(0, SHOWN).map((node) => (
								<li key={node.id}>
									<button type="button" class="link-button" onClick={() => onSelect(node)}>
										<Name text={node.name} />
									</button>
								</li>
							))}
							{found.length > SHOWN && <li class="quiet">and {countText(found.length - SHOWN, "other")}</li>}
						</ul>
					</section>
				))}
		</section>
	);
}
