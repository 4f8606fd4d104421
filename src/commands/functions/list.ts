import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type AutomationRow, automationRow, renderAutomations } from "../../cli/views/automation-rows.ts";
import { type NetworkWall, networkWallGap } from "../../cli/views/network-wall.ts";
import type { FunctionList } from "../../protocol/function-list.ts";

interface ListResult {
	functions: {
		name: string;
		url: string;
		state: "live" | "idle" | "failed";
		pid: number | null;
		deployment: string;
		references: string[];
		dynamic: boolean;
		automations: AutomationRow[];
		replaced?: { count: number; at: string; reason: string; why: string };
		error?: string;
	}[];
	/** The resources of its machine that the platform does not limit for functions. */
	unbounded: string[];
	/**
	 * The protection of functions' network below Deno's permissions; null from an older platform, which does not report
	 * it.
	 */
	network: NetworkWall | null;
}

function replacedRow({ atMs, ...replaced }: NonNullable<FunctionList["functions"][number]["replaced"]>) {
	return { ...replaced, at: new Date(atMs).toISOString() };
}

export default class FunctionsList extends BaseCommand<ListResult> {
	static override summary = "List the functions on the platform, and the secrets that each reads";
	static override examples = ["<%= config.bin %> functions list", "<%= config.bin %> functions list --json"];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<ListResult> {
		const { flags } = await this.parse(FunctionsList);
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment, "Use 'base44 functions list'.");
		const {
			functions,
			network = null,
			unbounded = [],
		} = await target.remote.listFunctions(target.binding.app);
		return {
			functions: functions.map(({ references, dynamic, automations = [], replaced, error, ...known }) => ({
				name: known.name,
				url: known.url,
				state: known.state,
				pid: known.pid,
				deployment: known.deployment,
				references: [...new Set(references.map((reference) => reference.name))],
				dynamic: dynamic.length > 0,
				automations: automations.map(automationRow),
				...(replaced === undefined ? {} : { replaced: replacedRow(replaced) }),
				...(error === undefined ? {} : { error }),
			})),
			unbounded,
			network,
		};
	}

	protected render(result: ListResult, terminal: Terminal): void {
		if (result.functions.length === 0) {
			terminal.line("No functions are deployed. Deploy them: coffer functions deploy");
			return;
		}
		const rows = result.functions.map(({ name, state, pid, references, dynamic, url }) => [
			name,
			state,
			pid === null ? "-" : String(pid),
			url,
			// Last, because it may be long, and through a pipe each row is one line.
			dynamic ? "all (dynamic)" : references.join(", ") || "none",
		]);
		terminal.table(rows, ["NAME", "STATE", "PID", "URL", "READS"]);
		renderAutomations(result.functions, terminal);
		for (const { name, replaced } of result.functions) {
			if (replaced === undefined) continue;
			const { at, count, why } = replaced;
			terminal.line(`${MARKS.failed} ${name} was replaced ${count}× (${why}), last at ${at}`);
		}
		for (const { name, state, error } of result.functions) {
			if (error === undefined) continue;
			const consequence = state === "failed" ? "" : "; the previous version still serves requests";
			terminal.line(`${MARKS.failed} ${name} failed to start${consequence}`);
			terminal.block(error, "    ");
		}
		const gap = result.network === null ? undefined : networkWallGap(result.network);
		if (gap !== undefined) terminal.line(`${MARKS.pending} ${gap}`);
		if (result.unbounded.length > 0)
			terminal.line(
				`${MARKS.pending} The platform's machine cannot enforce these limits of functions (docs/isolation.md): ${result.unbounded.join("; ")}`,
			);
	}
}
