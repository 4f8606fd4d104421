/** Checks the answers of functions against the log and against the times in which nodes could not reach the store. */
import { BAD } from "../workload/functions.ts";
import type { AppLedger, FunctionAnswer } from "../workload/ledger.ts";
import type { Cut } from "../workload/world.ts";

/** The revision of each value in the log. */
export type Revisions = ReadonlyMap<string, number>;

export interface AnswerOptions {
	readonly cuts: readonly Cut[];
	readonly staleAfterMs: number;
	readonly revisions: Revisions;
}

/** The value of an answer, or why it has none. */
function singleValue({ values }: FunctionAnswer): { value: string } | { fault: string } {
	const [value] = values;
	if (values.some((other) => other !== value)) return { fault: "values of two revisions were mixed" };
	if (value === null || value === undefined) return { fault: "a function had no value" };
	if (value.startsWith(BAD)) return { fault: "a function has a value with which it does not start" };
	return { value };
}

/**
 * The revision that an answer must have at least, and why. An answer that a node began before its time was over may have
 * an earlier value, also if it ends when the node has reached the store again.
 */
function least(answer: FunctionAnswer, ledger: AppLedger, options: AnswerOptions) {
	const { cuts, revisions, staleAfterMs } = options;
	const { node, startedMs } = answer;
	let revision = 0;
	let why = "";
	for (const { atMs, node: by, value } of ledger.served) {
		const served = revisions.get(value) ?? 0;
		if (served <= revision) continue;
		const isBy = by === node && atMs < startedMs;
		const cut =
			by === undefined
				? cuts.find(
						(each) =>
							each.node === node &&
							each.toMs <= answer.endedMs &&
							startedMs > each.fromMs + staleAfterMs &&
							each.toMs - each.fromMs > staleAfterMs &&
							atMs < each.toMs,
					)
				: undefined;
		if (!isBy && cut === undefined) continue;
		revision = served;
		const ago = (ms: number) => `${Math.round(startedMs - ms)} ms`;
		why =
			cut === undefined
				? `the node had followed revision ${served}, ${ago(atMs)} before`
				: `its time was over, and it has not caught up (cut ${ago(cut.fromMs)} before, healed ${ago(cut.toMs)} before, revision ${served} live ${ago(atMs)} before, answered after ${Math.round(answer.endedMs - startedMs)} ms)`;
	}
	return { revision, why };
}

function faultOf(answer: FunctionAnswer, ledger: AppLedger, options: AnswerOptions): string | undefined {
	const read = singleValue(answer);
	if ("fault" in read) return read.fault;
	const revision = options.revisions.get(read.value);
	if (revision === undefined) return "a function has a value that is not in the log";
	const { node, startedMs, endedMs } = answer;
	const isStale = options.cuts.some(
		(cut) => cut.node === node && startedMs > cut.fromMs + options.staleAfterMs && endedMs < cut.toMs,
	);
	if (isStale) return "a node served after its time was over";
	const wanted = least(answer, ledger, options);
	return revision < wanted.revision ? `revision ${revision} was served: ${wanted.why}` : undefined;
}

/** The faults in the answers of an app's function, each kind once with its count. */
export function answerFaults(ledger: AppLedger, options: AnswerOptions): string[] {
	const counts = new Map<string, number>();
	for (const answer of ledger.answers) {
		const fault = faultOf(answer, ledger, options);
		if (fault === undefined) continue;
		const text = `${ledger.app}, node ${answer.node}: ${fault}`;
		counts.set(text, 1 + (counts.get(text) ?? 0));
	}
	return [...counts].map(([text, count]) => `${text} (${count} answers)`);
}
