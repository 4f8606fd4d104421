/**
 * Decides whether a recorded history of operations is linearizable: whether there is one order of the
 * operations that a sequential object allows, and that keeps every operation before those which were called
 * after it had returned.
 *
 * The search is the one of J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (1993), with
 * the memoisation of G. Lowe, "Testing for Linearizability" (2017): a set of ordered operations with the
 * state that they lead to is tried once. It works on a doubly linked list of calls and returns, as in A.
 * Athalye's Porcupine (https://github.com/anishathalye/porcupine).
 *
 * An operation whose outcome is unknown (the answer was lost) has no return: it may take effect at any time
 * after its call, or never.
 */

export interface Operation<Input, Output> {
	readonly input: Input;
	/** Undefined: the outcome is unknown. */
	readonly output: Output | undefined;
	readonly calledMs: number;
	/** Not used if the outcome is unknown. */
	readonly returnedMs: number;
}

/** The sequential object. */
export interface Model<State, Input, Output> {
	readonly initial: State;
	/**
	 * The state after an operation. Undefined: no operation can have this output in this state.
	 * @param output undefined: any output
	 */
	readonly step: (state: State, input: Input, output: Output | undefined) => State | undefined;
	/** States with the same text are the same. */
	readonly keyOf: (state: State) => string;
}

export type Verdict<Input, Output> =
	| { readonly isLinearizable: true }
	/** `stuck`: the operation that the longest order which was found cannot contain. */
	| { readonly isLinearizable: false; readonly stuck: Operation<Input, Output> };

/** A call or a return. */
interface Entry {
	/** The index of the operation. */
	readonly of: number;
	readonly isCall: boolean;
	/** The return that belongs to a call. Undefined if the outcome is unknown. */
	readonly match: Entry | undefined;
	previous: Entry | undefined;
	next: Entry | undefined;
}

/** More steps than any history of a torture needs. Without a limit, a history could be searched for years. */
const STEPS_MAX = 20_000_000;

/** The calls and returns in the order of time. A call goes before a return of the same moment. */
function listOf(history: readonly Operation<unknown, unknown>[]): Entry {
	const head: Entry = { of: -1, isCall: false, match: undefined, previous: undefined, next: undefined };
	const timed = history.flatMap(({ calledMs, output, returnedMs }, of) => {
		const link = { of, previous: undefined, next: undefined };
		const end: Entry | undefined =
			output === undefined ? undefined : { ...link, isCall: false, match: undefined };
		const call: Entry = { ...link, isCall: true, match: end };
		return [{ atMs: calledMs, entry: call }, ...(end ? [{ atMs: returnedMs, entry: end }] : [])];
	});
	timed.sort((a, b) => a.atMs - b.atMs || Number(b.entry.isCall) - Number(a.entry.isCall));
	let last = head;
	for (const { entry } of timed) {
		entry.previous = last;
		last.next = entry;
		last = entry;
	}
	return head;
}

function unlink(entry: Entry): void {
	if (entry.previous) entry.previous.next = entry.next;
	if (entry.next) entry.next.previous = entry.previous;
}

function relink(entry: Entry): void {
	if (entry.previous) entry.previous.next = entry;
	if (entry.next) entry.next.previous = entry;
}

/** Takes a call and its return out of the list. */
function lift(call: Entry): void {
	unlink(call);
	if (call.match) unlink(call.match);
}

/** Undoes the last `lift`. */
function unlift(call: Entry): void {
	if (call.match) relink(call.match);
	relink(call);
}

class Search<State, Input, Output> {
	readonly #model: Model<State, Input, Output>;
	readonly #history: readonly Operation<Input, Output>[];
	readonly #head: Entry;
	readonly #tried = new Set<string>();
	readonly #order: { readonly call: Entry; readonly before: State }[] = [];
	#state: State;
	/** The operations of the order, as bits. */
	#ordered = 0n;
	/** Returns that are still in the list. */
	#left: number;

	constructor(model: Model<State, Input, Output>, history: readonly Operation<Input, Output>[]) {
		this.#model = model;
		this.#history = history;
		this.#head = listOf(history);
		this.#state = model.initial;
		this.#left = history.filter(({ output }) => output !== undefined).length;
	}

	run(): Verdict<Input, Output> {
		let entry = this.#head.next;
		let longest = -1;
		let stuck = 0;
		for (let steps = 0; this.#left > 0; steps++) {
			if (steps > STEPS_MAX) throw new RangeError("The history is too long to be decided.");
			if (entry === undefined) throw new Error("A return is missing in the list.");
			if (entry.isCall) {
				entry = this.#take(entry) ? this.#head.next : entry.next;
				continue;
			}
			if (this.#order.length > longest) {
				longest = this.#order.length;
				stuck = entry.of;
			}
			const last = this.#takeBack();
			if (last === undefined)
				return { isLinearizable: false, stuck: this.#history[stuck] as Operation<Input, Output> };
			entry = last.next;
		}
		return { isLinearizable: true };
	}

	/** Makes an operation the next one of the order, if it can be and was not tried. */
	#take(call: Entry): boolean {
		const { input, output } = this.#history[call.of] as Operation<Input, Output>;
		const before = this.#state;
		const after = this.#model.step(before, input, output);
		if (after === undefined) return false;
		const key = this.#model.keyOf(after);
		// Without an effect, an operation that need not return can as well be left out.
		if (output === undefined && key === this.#model.keyOf(before)) return false;
		const ordered = this.#ordered | (1n << BigInt(call.of));
		const tried = `${ordered.toString(36)} ${key}`;
		if (this.#tried.has(tried)) return false;
		this.#tried.add(tried);
		this.#order.push({ call, before });
		this.#state = after;
		this.#ordered = ordered;
		if (call.match) this.#left--;
		lift(call);
		return true;
	}

	/** Takes the last operation out of the order. Undefined if there is none. */
	#takeBack(): Entry | undefined {
		const last = this.#order.pop();
		if (last === undefined) return undefined;
		const { before, call } = last;
		this.#state = before;
		this.#ordered &= ~(1n << BigInt(call.of));
		if (call.match) this.#left++;
		unlift(call);
		return call;
	}
}

/**
 * Decides whether a history is linearizable.
 * @param history the operations, in any order
 * @throws RangeError if that takes too many steps
 */
export function checkLinearizable<State, Input, Output>(
	model: Model<State, Input, Output>,
	history: readonly Operation<Input, Output>[],
): Verdict<Input, Output> {
	return new Search(model, history).run();
}
