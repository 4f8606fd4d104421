/** Describes the redeploy of a function after a change. */
import type { RedeployResult } from "../../protocol/messages.ts";
import { MARKS } from "../shell/render.ts";

const INDENT = "      ";

/** A short reason for the redeploy, in brackets. */
function reasonText(result: RedeployResult): string {
	const [first, ...more] = result.reasons;
	if (!first) return "";
	const rest = more.length > 0 ? `, +${more.length}` : "";
	const place = first.file === "" ? "seen at run time" : `${first.file}:${first.line}`;
	return first.how === "dynamic" ? ` (dynamic, ${place}${rest})` : ` (reads ${first.name}, ${place}${rest})`;
}

/**
 * The version that still serves requests for the failed functions: a clause for the end of a sentence. An older
 * platform does not report it.
 */
export function servingClause(failed: readonly Pick<RedeployResult, "serving">[]): string {
	if (failed.every(({ serving }) => serving === true)) return "the previous version still serves requests";
	if (failed.every(({ serving }) => serving === false)) return "no version of it serves requests";
	return "if a previous version was running, it still serves requests";
}

/** One line for a redeployed function. */
export function redeployLine(result: RedeployResult): string {
	const { function: name, status } = result;
	if (status === "failed") return `${MARKS.failed} ${name} failed to start; ${servingClause([result])}`;
	if (status === "idle")
		return `${MARKS.ok} ${name} is idle; its next request starts it with the change${reasonText(result)}`;
	return `${MARKS.ok} ${name} redeployed in ${Math.round(result.ms)} ms${reasonText(result)}`;
}

/** The lines for a redeployed function, with its error if it failed. */
export function redeployLines(result: RedeployResult): string[] {
	const reason = result.error?.replace(/\r?\n$/, "").split(/\r?\n/) ?? [];
	return [`  ${redeployLine(result)}`, ...reason.map((line) => INDENT + line)];
}
