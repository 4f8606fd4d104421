import { type Change, type Rollouts, type Tally, tallyOf } from "../data/rollout.ts";
import { ErrorText } from "../shell/page.tsx";
import { countText } from "../text/instants.ts";
import { Moment } from "../text/moment.tsx";
import { Name, nameText } from "../text/name.tsx";
import { NodeStrip } from "./node-strip.tsx";

const NAMES_SHOWN = 3;

const namesText = (names: readonly string[]): string => {
	const shown = names.slice(0, NAMES_SHOWN).map(nameText).join(", ");
	return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
};

/** What a screen reader hears: the beginning and the end of a change, and nothing between. */
export function announcement({ revision, names, planned }: Change, tally: Tally): string {
	const what = `Revision ${revision} changes ${namesText(names)}`;
	if (planned.length === 0) return `${what}. No function reads it.`;
	if (tally.planned + tally.starting > 0)
		return `${what}: ${countText(planned.length, "function")} will be redeployed.`;
	if (tally.failed > 0) return `${what}: ${countText(tally.failed, "function")} failed, ${tally.done} done.`;
	return `${what}: all ${countText(planned.length, "function")} redeployed.`;
}

const PARTS = [
	["done", "done"],
	["starting", "starting"],
	["planned", "waiting"],
	["failed", "failed"],
] as const;

/** Why functions failed with the newest change. */
function Failures({ rollouts, names }: { readonly rollouts: Rollouts; readonly names: readonly string[] }) {
	return (
		<>
			{names.slice(0, NAMES_SHOWN).map((name) => (
				<details key={name} class="rollout-failure">
					<summary>
						<Name text={name} /> failed
					</summary>
					<ErrorText text={rollouts.progress.get(name)?.error ?? "It gave no reason."} />
				</details>
			))}
		</>
	);
}

/** How far the newest change is. */
export function RolloutStrip({ rollouts }: { readonly rollouts: Rollouts }) {
	const [change] = rollouts.changes;
	if (change === undefined)
		return (
			<div class="rollout">
				<span class="quiet" role="status">
					A change of a secret shows here as it runs through the functions.
				</span>
				<NodeStrip nodes={rollouts.nodes} />
			</div>
		);
	const tally = tallyOf(change, rollouts);
	const failures = change.planned.filter((name) => {
		const now = rollouts.progress.get(name);
		return now?.phase === "failed" && now.revision === change.revision;
	});
	return (
		<div class="rollout">
			<span class="hidden" role="status">
				{announcement(change, tally)}
			</span>
			<span class="rollout-what">
				Revision {change.revision}: <strong>{namesText(change.names)}</strong> <Moment atMs={change.atMs} />
			</span>
			<span class="rollout-bar" aria-hidden="true">
				{PARTS.map(
					([part]) => tally[part] > 0 && <span key={part} class={part} style={{ flexGrow: tally[part] }} />,
				)}
			</span>
			<span class="rollout-counts">
				{change.planned.length === 0
					? "No function reads it."
					: PARTS.map(
							([part, text]) =>
								tally[part] > 0 && <span key={part} class={part}>{`${tally[part]} ${text}`}</span>,
						)}
			</span>
			<Failures rollouts={rollouts} names={failures} />
			<NodeStrip nodes={rollouts.nodes} />
		</div>
	);
}
