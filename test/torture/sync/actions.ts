/** What a schedule is made of. Everything is in the action itself, so that a list of them can be replayed and cut down. */

/** What becomes of one request and its answer. */
export const FAULTS = [
	"none",
	/** Never arrives: the connection breaks. */
	"lost",
	/** Has not arrived when the client gives up; it may arrive later (`replay`). */
	"late",
	/** Arrives, and the connection breaks before the answer. */
	"answer-lost",
	/** The answer breaks off. */
	"answer-cut",
	/** The answer ends too early, as if it were whole. */
	"answer-short",
	/** Arrives twice at once. */
	"twice",
	/** The platform goes down before it, and is up again. */
	"down-before",
	/** The platform goes down right after it has written the change. */
	"down-amid",
	/** The platform goes down once it is done, and the answer is lost. */
	"down-after",
] as const;
export type Fault = (typeof FAULTS)[number];

/** How a task goes on. */
export interface Verdict {
	readonly fault: Fault;
	/** Where an answer is cut, as a part of its length. */
	readonly at: number;
	/** Whether the answer comes line by line, with room for others between. */
	readonly inPieces: boolean;
}

export type Side = "local" | "platform";

export type Command =
	| {
			readonly kind: "set";
			readonly values: readonly (readonly [name: string, number: number])[];
			readonly syncs: boolean;
	  }
	| { readonly kind: "delete"; readonly name: string; readonly syncs: boolean }
	/** `take` decides what is in conflict. */
	| { readonly kind: "sync"; readonly take: Side | undefined }
	/** A member that another device is. */
	| { readonly kind: "add" | "remove"; readonly device: number }
	/** Git: what is committed here is merged with the others' branch; `push` puts the result there too. */
	| { readonly kind: "pull" | "push"; readonly take: "ours" | "theirs" };

export type Action =
	/** A slot is one process: a device has two. */
	| { readonly type: "start"; readonly device: number; readonly slot: number; readonly command: Command }
	| {
			readonly type: "go";
			readonly device: number;
			readonly slot: number;
			readonly verdict: Verdict;
			/** The process ends where it next waits; `unremembered`: right after it wrote the vault, if it did. */
			readonly dies?: "waiting" | "unremembered" | undefined;
	  }
	| { readonly type: "kill"; readonly device: number; readonly slot: number }
	/** A request of before arrives (again), and nobody reads the answer. */
	| { readonly type: "replay"; readonly index: number }
	| { readonly type: "restart" }
	/** The platform's clock is set. */
	| { readonly type: "clock"; readonly byMs: number };

export const SMOOTH: Verdict = { fault: "none", at: 0, inPieces: false };
