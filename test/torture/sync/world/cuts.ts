/** A script in which each message gets each fault, one in each schedule. */
import type { Action, Command, Fault } from "./actions.ts";
import { FAULTS, SMOOTH } from "./actions.ts";
import type { World } from "./world.ts";

const set = (name: string, number: number, syncs = true): Command => ({
	kind: "set",
	values: [[name, number]],
	syncs,
});
const sync = (take?: "local" | "platform"): Command => ({ kind: "sync", take });

/** Changes on one side, on the other, on both with both decisions, and the commands after a lost response. */
const SCRIPT: readonly (readonly [device: number, command: Command])[] = [
	[0, set("A", 101)],
	[0, set("A", 102)],
	[1, set("B", 103)],
	[1, set("C", 104)],
	[0, set("A", 105, false)],
	[1, set("A", 106)],
	[0, sync()],
	[0, sync("local")],
	[1, { kind: "delete", name: "B", syncs: true }],
	[0, sync()],
	[1, set("A", 107, false)],
	[0, set("A", 108)],
	[1, sync("platform")],
	[0, set("B", 109)],
];

/** At least the number of messages in the script. */
const MESSAGES = 20;
/** The positions at which a response is cut: in its headers, in the middle of a line, and near its end. */
const CUTS = [0.02, 0.5, 0.97];

const VARIANTS = FAULTS.filter((fault) => fault !== "none").flatMap(
	(fault): { fault: Fault; at: number }[] =>
		fault === "answer-cut" || fault === "answer-short"
			? CUTS.map((at) => ({ fault, at }))
			: [{ fault, at: 0 }],
);

export class CutChooser {
	readonly #message: number;
	readonly #variant: { fault: Fault; at: number };
	#commands = 0;
	#messages = 0;

	/** @param index the schedule's index; all combinations need (messages × faults) schedules */
	constructor(index: number) {
		this.#message = index % MESSAGES;
		this.#variant = VARIANTS[Math.floor(index / MESSAGES) % VARIANTS.length] ?? SMOOTH;
	}

	/** The next action; undefined at the end. */
	next(world: World): Action | undefined {
		const [waiting] = world.tasks.values();
		if (!waiting) {
			const [device, command] = SCRIPT[this.#commands++] ?? [];
			return command && device !== undefined ? { type: "start", device, slot: 0, command } : undefined;
		}
		const device = Number(waiting.id.split(".")[0]);
		const isMet = waiting.point?.kind === "request" && this.#messages++ === this.#message;
		const verdict = { ...SMOOTH, inPieces: true, ...(isMet ? this.#variant : {}) };
		return { type: "go", device, slot: 0, verdict };
	}
}
