/** What a node does beside the work that no other node does at the same time. */
import { expect, test, vi } from "vitest";
import { Rollouts } from "../../../../src/platform/redeploy/rollout/rollouts.ts";
import { deferred } from "../../../../src/platform/runtime/process/deferred.ts";

/** Rollouts with a store that answers a release when the test says so. */
function rollouts() {
	const calls: string[] = [];
	const released = deferred();
	const due: (() => void)[] = [];
	const onChange = vi.fn();
	const made = new Rollouts({
		store: {
			lease: async (name) => {
				calls.push(`lease ${name}`);
				return true;
			},
			release: async (name) => {
				calls.push(`release ${name}`);
				await released.promise;
				calls.push(`released ${name}`);
			},
		},
		...{ node: "a", prepareLease: () => undefined, term: () => 1, onChange },
		schedule: (task) => {
			due.push(task);
			return () => {};
		},
	});
	return { calls, due, onChange, released, rollouts: made };
}

test("nobody waits for the release of a lease, except the next work of the same name", async () => {
	const { calls, released, rollouts: made } = rollouts();
	expect(await made.exclusively("x", async () => 1)).toEqual({ result: 1 });
	const next = made.exclusively("x", async () => 2);
	expect(await made.exclusively("y", async () => 3)).toEqual({ result: 3 });
	expect(calls).toEqual(["lease x", "release x", "lease y", "release y"]);
	released.resolve();
	expect(await next).toEqual({ result: 2 });
	expect(calls.slice(4, 8)).toEqual(["released x", "released y", "lease x", "release x"]);
});

test("trials that begin and end within a short time are told once, when that time is over", () => {
	const { due, onChange, rollouts: made } = rollouts();
	for (let count = 0; count < 4; count++) made.changed();
	expect([due.length, onChange.mock.calls.length]).toEqual([1, 0]);
	due.pop()?.();
	expect(onChange).toHaveBeenCalledTimes(1);
	made.changed();
	expect(due).toHaveLength(1);
});
