/**
 * The actions of a schedule. An action contains everything that it needs, so a list of actions can be
 * replayed and shrunk.
 */

/** The fate of one request and its response. */
export const FAULTS = [
	"none",
	/** The request never arrives, because the connection breaks. */
	"lost",
	/** The request has not arrived when the client gives up. It may arrive later (`replay`). */
	"late",
	/** The request arrives, and the connection breaks before the response. */
	"answer-lost",
	/** The response breaks off. */
	"answer-cut",
	/** The response ends too early, as if it were complete. */
	"answer-short",
	/** The request arrives twice at the same time. */
	"twice",
	/** The platform restarts before the request. */
	"down-before",
	/** The platform fails directly after it has written the change. */
	"down-amid",
	/** The platform fails after it has handled the request, and the response is lost. */
	"down-after",
] as const;
export type Fault = (typeof FAULTS)[number];

/** How a task continues. */
export interface Verdict {
	readonly fault: Fault;
	/** The position at which a response is cut, as a fraction of its length. */
	readonly at: number;
	/** Whether the response comes line by line, so that other tasks can run in between. */
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
	/** `take` is the decision for conflicts. */
	| { readonly kind: "sync"; readonly take: Side | undefined }
	/** Another device's member. */
	| { readonly kind: "add" | "remove"; readonly device: number }
	/** Git: merges the device's commits with the shared branch. `push` also pushes the result. */
	| { readonly kind: "pull" | "push"; readonly take: "ours" | "theirs" };

export type Action =
	/** A slot is one process. A device has two. */
	| { readonly type: "start"; readonly device: number; readonly slot: number; readonly command: Command }
	| {
			readonly type: "go";
			readonly device: number;
			readonly slot: number;
			readonly verdict: Verdict;
			/**
			 * The process ends at its next wait; with `unremembered`, directly after it wrote the vault, if
			 * it did.
			 */
			readonly dies?: "waiting" | "unremembered" | undefined;
	  }
	| { readonly type: "kill"; readonly device: number; readonly slot: number }
	/** An earlier request arrives (again), and its response is not read. */
	| { readonly type: "replay"; readonly index: number }
	| { readonly type: "restart" }
	/** The platform's clock is set. */
	| { readonly type: "clock"; readonly byMs: number };

export const SMOOTH: Verdict = { fault: "none", at: 0, inPieces: false };
