/**
 * The interface of a target: a product that takes secrets by name and gives no values back. Only names can be
 * read. A target has no log and no versions, so this device remembers what it sent
 * (`project/memory/target-memory.ts`).
 */
import type { TargetId } from "../project/memory/target-memory.ts";

/** One request, as it is shown to a person. It never contains a value. */
export interface TargetCall {
	readonly method: "GET" | "POST" | "DELETE";
	readonly url: string;
	/** The names in the request. */
	readonly names: readonly string[];
}

export interface TargetWork {
	/** Whether the names at the target are read first. */
	readonly list: boolean;
	/** Names that get values, by request. */
	readonly set: readonly (readonly string[])[];
	readonly deleted: readonly string[];
}

export interface SecretTarget {
	readonly id: TargetId;
	/** The product's name for people. */
	readonly title: string;
	/** The names of all secrets at the target. Untrusted text. @throws AppError */
	list(): Promise<string[]>;
	/** Sets these names; others keep their values. @throws AppError, without any value */
	set(values: ReadonlyMap<string, string>): Promise<void>;
	/** Deletes a name. A missing name is no error. @throws AppError */
	delete(name: string): Promise<void>;
}
