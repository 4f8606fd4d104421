/** The lines about a function that a change should restart. */
import { expect, test } from "vitest";
import { redeployLines, servingClause } from "../../../src/cli/views/redeploy-lines.ts";
import type { RedeployResult } from "../../../src/protocol/messages.ts";

const failed = (serving?: boolean): RedeployResult => ({
	function: "pay",
	status: "failed",
	ms: 1,
	error: "no key\n  at pay.ts:1\n",
	reasons: [],
	...(serving === undefined ? {} : { serving }),
});

test("a failed start with its reason says that a version still runs only if one does", () => {
	const [line, ...reason] = redeployLines(failed(true));
	expect(line).toContain("pay failed to start; the previous version still serves requests");
	expect(reason.map((text) => text.trim())).toEqual(["no key", "at pay.ts:1"]);
	expect(redeployLines(failed(false))[0]).toContain("no version of it serves requests");
	// An earlier platform does not send this field.
	expect(redeployLines(failed())[0]).toContain("if a previous version was running");
});

test("the clause about several functions states only what is true for all", () => {
	expect(servingClause([failed(true), failed(true)])).toBe("the previous version still serves requests");
	expect(servingClause([failed(true), failed(false)])).toBe(
		"if a previous version was running, it still serves requests",
	);
	expect(servingClause([failed(false), failed(false)])).toBe("no version of it serves requests");
});
