/** The check of answers finds each fault, and accepts what nodes may do. */
import { expect, test } from "vitest";
import { BAD } from "../workload/functions.ts";
import { AppLedger, type FunctionAnswer } from "../workload/ledger.ts";
import { answerFaults } from "./answers.ts";

/** Node 1 is cut off from the store for 10 seconds. Its time is over after 5. Revision 2 is live in the 7th second. */
const OPTIONS = {
	cuts: [{ node: 1, fromMs: 10_000, toMs: 20_000 }],
	staleAfterMs: 5_000,
	revisions: new Map([
		["first", 1],
		["second", 2],
		[`${BAD}third`, 3],
	]),
};

type Answer = Pick<FunctionAnswer, "startedMs" | "endedMs"> & Partial<FunctionAnswer>;

function faultsOf(answer: Answer): string[] {
	const ledger = new AppLedger("app", []);
	ledger.served.push({ atMs: 17_000, value: "second" }, { atMs: 17_000, value: "second", node: 0 });
	ledger.answers.push({ node: 1, tag: 0, values: ["first", "first"], ...answer });
	return answerFaults(ledger, OPTIONS);
}

test.each<[string, Answer]>([
	["before the value was live", { startedMs: 9_000, endedMs: 9_010 }],
	["by a node that is cut off, in its time", { startedMs: 14_900, endedMs: 14_950 }],
	["begun in its time, and ended when it had reached the store", { startedMs: 14_900, endedMs: 20_100 }],
	["by a node that has not followed, and was not cut off", { startedMs: 25_000, endedMs: 25_010, node: 2 }],
	["of the value", { startedMs: 25_000, endedMs: 25_010, values: ["second"] }],
])("an answer %s is no fault", (_, answer) => {
	expect(faultsOf(answer)).toEqual([]);
});

test.each<[string, string, Answer]>([
	["when its time was over", "after its time was over", { startedMs: 15_100, endedMs: 15_200 }],
	["begun then, ended later", "it has not caught up", { startedMs: 15_100, endedMs: 20_100 }],
	["when it had reached the store", "it has not caught up", { startedMs: 20_100, endedMs: 20_110 }],
	["of a node that has followed", "had followed", { startedMs: 17_100, endedMs: 17_110, node: 0 }],
	["of two revisions", "mixed", { startedMs: 1, endedMs: 2, values: ["first", "second"] }],
	["without a value", "no value", { startedMs: 1, endedMs: 2, values: [null] }],
	["of an unknown value", "not in the log", { startedMs: 1, endedMs: 2, values: ["other"] }],
	["of a bad value", "does not start", { startedMs: 1, endedMs: 2, values: [`${BAD}third`] }],
])("an answer %s is a fault: %s", (_, fault, answer) => {
	expect(faultsOf(answer)).toEqual([expect.stringContaining(fault)]);
});
