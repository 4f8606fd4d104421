import { describe, expect, test } from "vitest";
import {
	foldEvent,
	isPending,
	NO_ROLLOUTS,
	type Rollouts,
	shownPhase,
	tallyOf,
} from "../../../src/console/data/rollout.ts";
import type { AppEventMessage } from "../../../src/protocol/console.ts";

const fold = (events: readonly AppEventMessage[], from: Rollouts = NO_ROLLOUTS): Rollouts =>
	events.reduce(foldEvent, from);

const change = (revision: number, planned: string[]): AppEventMessage => ({
	...{ type: "change", names: ["KEY"], atMs: revision },
	revision,
	planned,
});

type Phase = Extract<AppEventMessage, { type: "function" }>["phase"];

const step = (name: string, phase: Phase, error?: string): AppEventMessage => ({
	...{ type: "function", function: name, phase, atMs: 9 },
	...(error !== undefined && { error }),
});

/** How far the newest change is. */
function newest(rollouts: Rollouts) {
	const [latest] = rollouts.changes;
	return latest && tallyOf(latest, rollouts);
}

const phaseOf = (rollouts: Rollouts, name: string) => rollouts.progress.get(name)?.phase;

describe("a change", () => {
	test("goes through its functions: planned, starting, serving, and failed with its reason", () => {
		let rollouts = fold([change(2, ["pay", "mail", "slow"])]);
		expect(newest(rollouts)).toEqual({ planned: 3, starting: 0, done: 0, failed: 0 });
		rollouts = fold([step("pay", "starting"), step("mail", "starting"), step("pay", "serving")], rollouts);
		expect(newest(rollouts)).toEqual({ planned: 1, starting: 1, done: 1, failed: 0 });
		rollouts = fold([step("mail", "failed", "no key"), step("slow", "stopped")], rollouts);
		expect(newest(rollouts)).toEqual({ planned: 0, starting: 0, done: 2, failed: 1 });
		expect(rollouts.progress.get("mail")).toMatchObject({ error: "no key", revision: 2 });
	});

	test("is not taken for done when the process before it ends", () => {
		const rollouts = fold([change(2, ["pay"]), step("pay", "starting"), step("pay", "drained")]);
		expect(phaseOf(rollouts, "pay")).toBe("starting");
		expect(phaseOf(fold([step("pay", "serving"), step("pay", "drained")], rollouts), "pay")).toBe("drained");
	});

	test("counts a function as done when a later change takes it over", () => {
		const rollouts = fold([change(2, ["pay", "mail"]), change(3, ["pay"])]);
		const [later, earlier] = rollouts.changes;
		expect(later && tallyOf(later, rollouts)).toMatchObject({ planned: 1, done: 0 });
		expect(earlier && tallyOf(earlier, rollouts)).toMatchObject({ planned: 1, done: 1 });
	});
});

describe("a new connection", () => {
	test("forgets what was pending, because its end may have come unseen", () => {
		const before = fold([change(2, ["pay", "mail"]), step("mail", "failed", "no")]);
		const after = fold([{ type: "hello", revision: 3, atMs: 1 }], before);
		expect([...after.progress.values()].some(isPending)).toBe(false);
		expect(phaseOf(after, "mail")).toBe("failed");
		expect(after.revision).toBe(3);
	});
});

test("a deleted function has no state, and an event of an unknown kind changes nothing", () => {
	const rollouts = fold([step("pay", "serving"), step("pay", "deleted")]);
	expect(rollouts.progress.size).toBe(0);
	expect(foldEvent(rollouts, { type: "later" } as never)).toBe(rollouts);
});

describe("the nodes of a platform", () => {
	const at = (node: string, phase: Extract<AppEventMessage, { type: "node" }>["phase"]): AppEventMessage => ({
		...{ type: "node", node, phase, failed: [], atMs: 1 },
	});
	const shown = ({ nodes }: Rollouts) =>
		[...nodes].map(([node, status]) => [node, shownPhase(status, nodes)]);

	test("wait while one of them tries a change, and are forgotten when they are gone", () => {
		const rollouts = fold([at("a", "followed"), at("b", "trying"), at("c", "failed")]);
		expect(shown(rollouts)).toEqual([
			["a", "waiting"],
			["b", "trying"],
			["c", "failed"],
		]);
		expect(shown(fold([at("b", "followed"), at("c", "gone")], rollouts))).toEqual([
			["a", "followed"],
			["b", "followed"],
		]);
	});

	test("are those of the newest connection", () => {
		const hello: AppEventMessage = { type: "hello", revision: 1, atMs: 1 };
		expect(fold([at("a", "followed"), hello]).nodes.size).toBe(0);
	});
});
