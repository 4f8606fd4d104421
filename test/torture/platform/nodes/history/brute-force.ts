/** A checker that is too slow for real histories, and simple enough to be right by sight. */
import type { Model, Operation } from "./linearizability.ts";

function* permutations<T>(items: readonly T[]): Generator<readonly T[], void, void> {
	if (items.length === 0) yield [];
	for (const [index, first] of items.entries())
		for (const rest of permutations(items.filter((_, other) => other !== index))) yield [first, ...rest];
}

function* subsets<T>(items: readonly T[]): Generator<readonly T[], void, void> {
	for (let bits = 0; bits < 2 ** items.length; bits++) yield items.filter((_, index) => (bits >> index) & 1);
}

type Any = Operation<unknown, unknown>;

/** Whether one operation had returned before the other one was called. */
const isBefore = (one: Any, other: Any) => one.output !== undefined && one.returnedMs < other.calledMs;

/** Tries each order of all operations that returned, with any choice of the others. */
export function isLinearizableByForce<State, Input, Output>(
	model: Model<State, Input, Output>,
	history: readonly Operation<Input, Output>[],
): boolean {
	const returned = history.filter(({ output }) => output !== undefined);
	const unknown = history.filter(({ output }) => output === undefined);
	for (const some of subsets(unknown)) {
		for (const order of permutations([...returned, ...some])) {
			const keepsTime = order.every((one, index) =>
				order.slice(index).every((later) => !isBefore(later, one)),
			);
			if (!keepsTime) continue;
			let state: State | undefined = model.initial;
			for (const { input, output } of order)
				state = state === undefined ? undefined : model.step(state, input, output);
			if (state !== undefined) return true;
		}
	}
	return false;
}
