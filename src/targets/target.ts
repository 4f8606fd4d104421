/**
 * The port to a place that takes secrets by name and gives no values back: values go in, only names come out. It keeps
 * no log and knows no versions; what was sent to it is remembered here (`project/memory/target-memory.ts`).
 */
import type { TargetId } from "../project/memory/target-memory.ts";

/** One request, as it is shown to a person: never with a value. */
export interface TargetCall {
	readonly method: "GET" | "POST" | "DELETE";
	readonly url: string;
	/** The names that it is about. */
	readonly names: readonly string[];
}

export interface TargetWork {
	/** Whether the names that are there are read first. */
	readonly list: boolean;
	/** Names that are given values: those of one request each. */
	readonly set: readonly (readonly string[])[];
	readonly deleted: readonly string[];
}

export interface SecretTarget {
	readonly id: TargetId;
	/** What people call it. */
	readonly title: string;
	/** The names of all secrets that are there, as it says. Untrusted text. @throws AppError */
	list(): Promise<string[]>;
	/** Gives the names these values; others keep theirs. @throws AppError, without any value */
	set(values: ReadonlyMap<string, string>): Promise<void>;
	/** Takes a name away; one that is not there is no fault. @throws AppError */
	delete(name: string): Promise<void>;
}
