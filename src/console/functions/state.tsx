import type { FunctionList } from "../../protocol/function-list.ts";
import { isPending, type Progress } from "../data/rollout.ts";

type FunctionEntry = Pick<FunctionList["functions"][number], "state" | "error">;

const STATE_TEXT = { live: "Running", idle: "Idle", failed: "Failed" } as const;

interface StateProps {
	readonly entry: FunctionEntry;
	readonly progress: Progress | undefined;
}

/** How a function is: first what is happening to it now. */
export function State({ entry, progress }: StateProps) {
	if (progress !== undefined && isPending(progress))
		return (
			<span class="state pending">{progress.phase === "planned" ? "Will be redeployed" : "Starting"}</span>
		);
	const hasFailedStart = entry.state === "live" && entry.error !== undefined;
	return (
		<>
			<span class={`state ${entry.state}`}>{STATE_TEXT[entry.state]}</span>
			{hasFailedStart && <span class="state failed">Last start failed</span>}
		</>
	);
}
