/** Mutants of a vault: one of any kind, and every single mutation. */
import type { History } from "./history.ts";
import { BYTES, type Kind, LINES, pick, present, type Random } from "./kinds.ts";
import { HUGE_KINDS, RECORDS, WHOLES } from "./splices.ts";

export interface Mutant {
	/** How it was made, for a failing test. */
	readonly what: string;
	readonly bytes: Buffer;
}

const KINDS = [BYTES, BYTES, LINES, RECORDS, WHOLES];
/** One mutant in this many is huge. */
const HUGE_EVERY = 500;

/** A mutant that is not the last commit itself. @param huge whether huge ones may be among them */
export function mutantOf(history: History, random: Random): Mutant {
	for (;;) {
		const kinds = random(HUGE_EVERY) === 0 ? HUGE_KINDS : pick(KINDS, random);
		const [what, make] = pick(Object.entries(kinds), random) as [string, Kind];
		const bytes = Buffer.from(make(history, random));
		if (bytes.toString("latin1") !== Buffer.from(present(history)).toString("latin1")) return { what, bytes };
	}
}

/** Each bit of the last commit flipped, each byte deleted or doubled, each older commit. @param index of the mutant */
export function singleMutation(history: History, index: number): Mutant | undefined {
	const bytes = Buffer.from(present(history));
	const flips = bytes.length * 8;
	if (index < flips) {
		const at = index >> 3;
		bytes[at] = (bytes[at] ?? 0) ^ (1 << (index & 7));
		return { what: `bit ${index & 7} of byte ${at} flipped`, bytes };
	}
	const at = index - flips;
	if (at < bytes.length) {
		const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
		return { what: `byte ${at} deleted`, bytes: without };
	}
	const commit = history.commits.slice(0, -1)[at - bytes.length];
	return commit === undefined
		? undefined
		: { what: `commit ${at - bytes.length}`, bytes: Buffer.from(commit) };
}

/** How many single mutations there are. */
export function singleMutations(history: History): number {
	return present(history).length * 9 + history.commits.length - 1;
}
