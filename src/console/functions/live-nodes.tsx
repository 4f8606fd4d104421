import type { AppNodes } from "../../protocol/function-list.ts";
import type { AppLive } from "../data/live.ts";
import { PATHS } from "../data/paths.ts";
import { type NodeRolloutStatus, shownPhase } from "../data/rollout.ts";
import { useResource } from "../data/use-resource.ts";
import { useStore } from "../data/use-store.ts";
import { ErrorText, Loaded } from "../shell/page.tsx";
import { nameText } from "../text/name.tsx";
import { causeText, NodeName, PHASES } from "../text/nodes.tsx";
import { State } from "./state.tsx";

const POLL_MS = 10_000;
/** Characters of a version that tell versions apart. */
const VERSION_CHARACTERS = 10;

type Node = AppNodes["nodes"][number];

interface RowProps {
	readonly node: Node;
	readonly name: string;
	readonly statuses: ReadonlyMap<string, NodeRolloutStatus>;
	/** The error that the page shows. A node with the same one does not repeat it. */
	readonly error: string | undefined;
}

/** What the node says about the function. */
function Here({ node, error }: Pick<RowProps, "node" | "error">) {
	const [here] = node.functions;
	if (here === undefined)
		return <span class="quiet">Not known{node.missing !== null && `: ${causeText(node.missing)}`}</span>;
	return (
		<>
			<span class="function-facts">
				<State entry={here} progress={undefined} />
				{here.pid !== null && <span class="quiet">Process {here.pid}</span>}
			</span>
			{here.error !== undefined && here.error !== error && <ErrorText text={here.error} />}
		</>
	);
}

function Row({ node, name, statuses, error }: RowProps) {
	const status = statuses.get(node.node) ?? node;
	const phase = shownPhase(status, statuses);
	const [here] = node.functions;
	// What fails of other functions is on their pages. The node that tried a change first keeps the earlier values itself.
	const own = phase === "failed" && !status.failed.includes(name) ? "followed" : phase;
	const { look, text } = PHASES[own === "followed" && here?.error !== undefined ? "failed" : own];
	return (
		<tr>
			<th scope="row">
				<NodeName node={node.node} />
				{node.self && <span class="quiet"> answers this page</span>}
			</th>
			<td data-label="Change">
				<span class={`state wrapping ${look}`}>{text}</span>
			</td>
			<td data-label="Function">
				<Here node={node} error={error} />
			</td>
			<td data-label="Version" class="whole">
				{here?.deployment ? nameText(here.deployment).slice(0, VERSION_CHARACTERS) : "–"}
			</td>
			<td data-label="Secrets" class="whole">
				{here?.revision == null ? "–" : `revision ${here.revision}`}
			</td>
		</tr>
	);
}

interface LiveNodesProps {
	readonly app: string;
	readonly name: string;
	readonly live: AppLive;
	readonly error: string | undefined;
}

/** What is live where: the function on each node, and how far the node is with the newest change. */
export function LiveNodes({ app, name, live, error }: LiveNodesProps) {
	const answer = useResource<AppNodes>(PATHS.nodes(app, name), POLL_MS);
	const { nodes: statuses } = useStore(live.rollouts);
	return (
		<section class="part">
			<h2>Nodes</h2>
			<Loaded answer={answer} what="the nodes">
				{({ nodes }) => (
					<div class="table-box">
						<table class="stacking">
							<thead>
								<tr>
									<th scope="col">Node</th>
									<th scope="col">Change</th>
									<th scope="col">Function</th>
									<th scope="col">Version</th>
									<th scope="col">Secrets</th>
								</tr>
							</thead>
							<tbody>
								{nodes.map((node) => (
									<Row key={node.node} {...{ node, name, statuses, error }} />
								))}
							</tbody>
						</table>
					</div>
				)}
			</Loaded>
		</section>
	);
}
