/** Figures as nodes send them to each other: nothing is lost on the way, and a sum counts what all have counted. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { countAnswer, emptySlot, SLOT_MS, type Slot } from "../../../src/platform/telemetry/figures/slot.ts";
import { formatSpans, parseSpans, sumSpans } from "../../../src/platform/telemetry/figures/span-lines.ts";

const answer = fc.record({
	ms: fc.double({ min: 0, max: 200_000, noNaN: true }),
	status: fc.constantFrom(200, 404, 500, 504),
});
/** Each answer with the number of its span. */
const answers = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), answer), { maxLength: 60 });

function spansOf(all: readonly (readonly [number, { ms: number; status: number }])[], memory = 0): Slot[] {
	const spans = new Map<number, Slot>();
	for (const [index, each] of all) {
		const span = spans.get(index) ?? { ...emptySlot(index * SLOT_MS), memoryBytes: memory };
		spans.set(index, span);
		countAnswer(span, each);
	}
	return [...spans.values()].sort((one, other) => one.atMs - other.atMs);
}

test("spans are the same after they were sent", () => {
	fc.assert(
		fc.property(answers, fc.string(), (all, name) => {
			const spans = spansOf(all, 4096);
			expect(parseSpans(formatSpans(name, spans))).toEqual({ name, spans });
		}),
	);
});

test("the sum of two nodes is what one node would have counted", () => {
	fc.assert(
		fc.property(answers, answers, (one, other) => {
			expect(sumSpans([spansOf(one), spansOf(other)])).toEqual(spansOf([...one, ...other]));
		}),
	);
});

test("the memory of a sum is the greatest one, and another form of a line is an error", () => {
	const pair = [[0, { ms: 1, status: 200 }]] as const;
	expect(sumSpans([spansOf(pair, 5), spansOf(pair, 9)])).toMatchObject([{ requests: 2, memoryBytes: 9 }]);
	for (const text of ["", "{}", '{"function":"a","spans":[[0,1,0,0,[[48,1]]]]}'])
		expect(() => parseSpans(text)).toThrow();
});
