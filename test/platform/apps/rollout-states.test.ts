/** How far changes of secrets are rolled out to a function, by the events of several nodes. */
import { expect, test } from "vitest";
import {
	applyToFunctions,
	applyTrial,
	type FunctionState,
} from "../../../src/platform/apps/state/function-states.ts";
import type { AppEvent } from "../../../src/platform/events/events.ts";

type Deployed = Extract<AppEvent, { type: "deployed" }>;

function deployed(id: string, values: number): Deployed {
	const deployment = {
		...{ id, function: "pay", bundle: "b", sourceMap: "m", references: [], dynamic: false },
		...{ secrets: [], entry: "pay.ts" },
	};
	return { type: "deployed", deployment, values, atMs: 1 } as unknown as Deployed;
}

/** The function after its first deployment with the values of revision 1. */
function functions(): Map<string, FunctionState> {
	const all = new Map<string, FunctionState>();
	applyToFunctions(all, deployed("d1", 1), { newest: 1, finished: 1 });
	return all;
}

test.each(["live", "failed"] as const)(
	"a change that was tried (%s) while another deployment was starting is tried again with that one",
	(status) => {
		const all = functions();
		applyTrial(all, "pay", 2, { status });
		// This one had read the values of revision 1 before.
		applyToFunctions(all, deployed("d2", 1), { newest: 2, finished: 2 });
		expect(all.get("pay")?.values).toEqual({ released: 1, tried: 1, due: 2 });
		applyTrial(all, "pay", 2, { status: "live" });
		expect(all.get("pay")?.values).toEqual({ released: 2, tried: 2, due: 2 });
	},
);

test("a deployment that has the newest values leaves nothing to try", () => {
	const all = functions();
	applyTrial(all, "pay", 2, { status: "failed" });
	applyToFunctions(all, deployed("d2", 2), { newest: 2, finished: 2 });
	expect(all.get("pay")?.values).toEqual({ released: 2, tried: 2, due: 2 });
});

test("a function whose first deployment was starting during a change tries that change", () => {
	const all = new Map<string, FunctionState>();
	applyToFunctions(all, deployed("d1", 1), { newest: 2, finished: 2 });
	expect(all.get("pay")?.values).toEqual({ released: 1, tried: 1, due: 2 });
});
