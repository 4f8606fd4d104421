import { type Rollouts, shownPhase } from "../data/rollout.ts";
import { nameText } from "../text/name.tsx";
import { NodeName, PHASES } from "../text/nodes.tsx";

const FAILED_SHOWN = 3;

const failedText = (failed: readonly string[]): string => {
	const shown = failed.slice(0, FAILED_SHOWN).map(nameText).join(", ");
	return failed.length > FAILED_SHOWN ? `${shown} and ${failed.length - FAILED_SHOWN} more` : shown;
};

/** How far each of several nodes is with the app's newest change. */
export function NodeStrip({ nodes }: Pick<Rollouts, "nodes">) {
	if (nodes.size < 2) return null;
	const sorted = [...nodes].sort(([one], [other]) => (one < other ? -1 : 1));
	return (
		<ul class="rollout-nodes" aria-label="Nodes">
			{sorted.map(([node, status]) => {
				const phase = shownPhase(status, nodes);
				const { look, text } = PHASES[phase];
				return (
					<li key={node}>
						<NodeName node={node} />{" "}
						<span class={`state wrapping ${look}`}>
							{phase === "failed" ? `Did not start: ${failedText(status.failed)}` : text}
						</span>
					</li>
				);
			})}
		</ul>
	);
}
