/** What became of a function that was to start with a change, in lines. */
import type { RedeployResult } from "../../protocol/messages.ts";
import { MARKS } from "../shell/render.ts";

const INDENT = "      ";

/** Why a function was redeployed, shortly. */
function because(result: RedeployResult): string {
	const [first, ...more] = result.reasons;
	if (!first) return "";
	const rest = more.length > 0 ? `, +${more.length}` : "";
	const place = first.file === "" ? "seen at run time" : `${first.file}:${first.line}`;
	return first.how === "dynamic" ? ` (dynamic, ${place}${rest})` : ` (reads ${first.name}, ${place}${rest})`;
}

/**
 * What failed starts mean for whoever calls the functions, for the end of a sentence. A platform of an earlier version does
 * not say whether one serves.
 */
export function whatServes(failed: readonly Pick<RedeployResult, "serving">[]): string {
	if (failed.every(({ serving }) => serving === true)) return "the version before serves on";
	if (failed.every(({ serving }) => serving === false)) return "no version of it serves";
	return "where a version before it ran, that one serves on";
}

/** One line for a redeployed function. */
export function redeployLine(result: RedeployResult): string {
	const { function: name, status } = result;
	if (status === "failed") return `${MARKS.failed} ${name} failed to start; ${whatServes([result])}`;
	if (status === "idle")
		return `${MARKS.ok} ${name} is idle: its next request starts it with the change${because(result)}`;
	return `${MARKS.ok} ${name} redeployed in ${Math.round(result.ms)} ms${because(result)}`;
}

/** The lines for a redeployed function: where it failed, with the reason that it gave. */
export function redeployLines(result: RedeployResult): string[] {
	const reason = result.error?.replace(/\r?\n$/, "").split(/\r?\n/) ?? [];
	return [`  ${redeployLine(result)}`, ...reason.map((line) => INDENT + line)];
}
