/** An app's log as a sequential object: a change is appended if it was made on the present head. */
import type { Model, Operation } from "./linearizability.ts";

export type LogInput =
	| { readonly kind: "read" }
	/** `base`: the head on which the change was made. `next`: the head of the log if it is appended there. */
	| { readonly kind: "append"; readonly base: string; readonly next: string };

export type LogOutput =
	/** Also for a change that was refused, with the head that the refusal names. */
	{ readonly kind: "head"; readonly head: string } | { readonly kind: "appended" };

export type LogOperation = Operation<LogInput, LogOutput>;

/** @param initial the head of the log when the history begins */
export function logModel(initial: string): Model<string, LogInput, LogOutput> {
	return {
		initial,
		keyOf: (head) => head,
		step: (head, input, output) => {
			const isNext = input.kind === "append" && input.base === head;
			if (output === undefined) return isNext ? input.next : head;
			if (output.kind === "appended") return isNext ? input.next : undefined;
			// A change that was made on the present head is not refused.
			return output.head === head && !isNext ? head : undefined;
		},
	};
}
