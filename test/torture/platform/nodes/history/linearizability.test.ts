import { describe, expect, test } from "vitest";
import { type Random, randomFrom } from "../../../random.ts";
import { isLinearizableByForce } from "./brute-force.ts";
import { checkLinearizable, type Model, type Operation } from "./linearizability.ts";
import { type LogInput, type LogOperation, logModel } from "./log-model.ts";

type RegisterInput = { readonly write: number } | { readonly from: number; readonly to: number } | "read";
type RegisterOperation = Operation<RegisterInput, number | boolean>;

/** A register with compare-and-swap. A write returns true, a swap whether it swapped, a read the value. */
const REGISTER: Model<number, RegisterInput, number | boolean> = {
	initial: 0,
	keyOf: String,
	step: (state, input, output) => {
		if (input === "read") return output === undefined || output === state ? state : undefined;
		if ("write" in input) return output === undefined || output === true ? input.write : undefined;
		const isSwapped = input.from === state;
		if (output !== undefined && output !== isSwapped) return undefined;
		return isSwapped ? input.to : state;
	},
};

/** Operations with any outputs, of which some can be right. */
function anyHistory(random: Random, count: number): RegisterOperation[] {
	return Array.from({ length: count }, () => {
		const calledMs = random.int(10);
		const returnedMs = calledMs + random.int(6);
		const input: RegisterInput = random.pick<RegisterInput>([
			"read",
			{ write: random.int(3) },
			{ from: random.int(3), to: random.int(3) },
		]);
		const output = input === "read" ? random.int(3) : "write" in input ? true : random.chance(0.5);
		return { input, output: random.chance(0.2) ? undefined : output, calledMs, returnedMs };
	});
}

/** What clients of a correct log see. Some answers are lost, and some appends too. */
function logHistory(random: Random, clients: number, turns: number): LogOperation[] {
	const history: LogOperation[] = [];
	const freeMs = Array.from({ length: clients }, () => 0);
	const known = Array.from({ length: clients }, () => "0");
	let head = "0";
	for (let turn = 1; turn <= turns; turn++) {
		// Operations take effect one after the other, each at the time of its turn.
		const client = random.int(clients);
		const calledMs = Math.max(freeMs[client] ?? 0, turn - random.below(5));
		const returnedMs = Math.max(calledMs, turn) + random.below(5);
		if (calledMs > turn) continue;
		freeMs[client] = returnedMs + 0.001;
		const base = known[client] ?? "0";
		const isRead = random.chance(0.3);
		const input: LogInput = isRead ? { kind: "read" } : { kind: "append", base, next: `${turn}` };
		const isLost = !isRead && random.chance(0.1);
		const isAppended = !isRead && base === head && !(isLost && random.chance(0.5));
		if (isAppended) head = `${turn}`;
		known[client] = isLost ? base : head;
		const output = isLost
			? undefined
			: isAppended
				? { kind: "appended" as const }
				: { kind: "head" as const, head };
		history.push({ input, output, calledMs, returnedMs });
	}
	return history;
}

const LOG = logModel("0");
const append = (base: string, next: string) => ({ kind: "append", base, next }) as const;
const appended = { kind: "appended" } as const;
const read = { kind: "read" } as const;
const sees = (head: string) => ({ kind: "head", head }) as const;
const at = (calledMs: number, returnedMs: number, input: LogInput, output?: LogOperation["output"]) => ({
	...{ calledMs, returnedMs, input, output },
});

test("agrees with a checker by brute force", () => {
	const random = randomFrom(1);
	const count = { yes: 0, no: 0 };
	for (let round = 0; round < 4_000; round++) {
		const history = anyHistory(random, 1 + random.int(5));
		const expected = isLinearizableByForce(REGISTER, history);
		count[expected ? "yes" : "no"]++;
		expect(checkLinearizable(REGISTER, history).isLinearizable, JSON.stringify(history)).toBe(expected);
	}
	expect(Math.min(count.yes, count.no)).toBeGreaterThan(500);
});

test("accepts what clients of a correct log see, however many answers are lost", () => {
	for (let seed = 1; seed <= 40; seed++) {
		const history = logHistory(randomFrom(seed), 8, 400);
		expect(history.some(({ output }) => output === undefined)).toBe(true);
		expect(checkLinearizable(LOG, history), `seed ${seed}`).toEqual({ isLinearizable: true });
	}
});

test("refuses a long history in which one answer is another one", () => {
	let refused = 0;
	for (let seed = 1; seed <= 40; seed++) {
		const random = randomFrom(seed);
		const history = logHistory(random, 8, 400);
		// A read that returns after the next change was acknowledged, and does not see it.
		const [first, second] = history.filter(({ output }) => output?.kind === "appended");
		if (first?.input.kind !== "append" || second === undefined) continue;
		const returnedMs = Math.max(first.returnedMs, second.returnedMs);
		const stale = at(returnedMs + 0.1, returnedMs + 0.2, read, sees(first.input.next));
		expect(checkLinearizable(LOG, [...history, stale]).isLinearizable).toBe(false);
		refused++;
	}
	expect(refused).toBeGreaterThan(30);
});

describe("of a log", () => {
	test.each([
		["a change is lost", [at(0, 1, append("0", "a"), appended), at(2, 3, read, sees("0"))]],
		[
			"two changes are appended on one head",
			[at(0, 2, append("0", "a"), appended), at(1, 3, append("0", "b"), appended)],
		],
		[
			"a read goes back",
			[at(0, 9, append("0", "a"), appended), at(1, 2, read, sees("a")), at(3, 4, read, sees("0"))],
		],
		[
			"a change whose outcome is unknown is there, gone, and there again",
			[
				at(0, 1, append("0", "a")),
				at(2, 3, read, sees("a")),
				at(4, 5, read, sees("0")),
				at(6, 7, read, sees("a")),
			],
		],
		["a read sees what was not sent yet", [at(0, 1, read, sees("a")), at(2, 3, append("0", "a"), appended)]],
		["a change on the present head is refused", [at(0, 1, append("0", "a"), sees("0"))]],
	] as const)("refuses that %s", (_, history) => {
		expect(checkLinearizable(LOG, history).isLinearizable).toBe(false);
		expect(isLinearizableByForce(LOG, history)).toBe(false);
	});

	test.each([
		[
			"a change whose outcome is unknown takes effect much later",
			[at(0, 1, append("0", "a")), at(2, 3, read, sees("0")), at(4, 5, read, sees("a"))],
		],
		[
			"a change whose outcome is unknown never takes effect",
			[at(0, 1, append("0", "a")), at(2, 3, append("0", "b"), appended), at(4, 5, read, sees("b"))],
		],
		[
			"a read that overlaps a change does not see it",
			[at(0, 3, append("0", "a"), appended), at(1, 2, read, sees("0"))],
		],
		[
			"a change that lost the race names the head that won",
			[at(0, 3, append("0", "a"), appended), at(1, 4, append("0", "b"), sees("a"))],
		],
	] as const)("accepts that %s", (_, history) => {
		expect(checkLinearizable(LOG, history).isLinearizable).toBe(true);
	});

	test("names an operation at which no order goes on", () => {
		const stuck = at(4, 5, read, sees("0"));
		const history = [at(0, 1, append("0", "a"), appended), at(2, 3, read, sees("a")), stuck];
		expect(checkLinearizable(LOG, history)).toEqual({ isLinearizable: false, stuck });
	});
});
