/**
 * The interface of a target: a product that stores secrets by name and never returns a value. Only names can be read. A
 * target has no log and no versions, so this device remembers what it sent (`project/memory/target-memory.ts`).
 *
 * Each kind of target implements `TargetKind` in a separate file, and has a line in `kinds.ts`. No other code
 * depends on the kind (decision 46).
 */
import type { TargetId } from "../project/memory/target-memory.ts";

/** One request, as it is shown to a person. It never contains a value. */
export interface TargetCall {
	readonly method: string;
	readonly url: string;
	/** The names in the request. */
	readonly names: readonly string[];
	/** What a request without names reads, if that is not the list of names: `the public key`. */
	readonly reads?: string;
}

export interface TargetWork {
	/** Whether the names at the target are read first. */
	readonly list: boolean;
	/** Names that get values, by request. A request has at most as many names as `TargetKind.batch` says. */
	readonly set: readonly (readonly string[])[];
	/** Names that are deleted, by request. */
	readonly deleted: readonly (readonly string[])[];
}

/** A connection to a target. */
export interface SecretTarget {
	readonly id: TargetId;
	/** The names of all secrets at the target. Untrusted text. @throws AppError */
	list(): Promise<string[]>;
	/** Sets these names; others keep their values. @throws AppError, without any value */
	set(values: ReadonlyMap<string, string>): Promise<void>;
	/** Deletes names. A missing name is not an error. @throws AppError */
	delete(names: readonly string[]): Promise<void>;
	/**
	 * Of names that are to be set: those that the target cannot store at present, each with the reason, as
	 * `TargetKind.refusal` gives it. Left out if the target need not be asked. @throws AppError
	 */
	refusals?(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** The credential that opens a target. It is in the process environment, or in the keychain under the origin. */
export interface TargetCredential {
	/** The variable of the process environment, such as `BASE44_API_KEY`. */
	readonly variable: string;
	/** Its name in sentences, such as `API key`. */
	readonly noun: string;
	/** The flag that reads it from standard input, such as `--key-stdin`. */
	readonly stdinFlag: string;
	/** The question of the hidden prompt. */
	readonly question: string;
	/** The error code if there is none. */
	readonly missingCode: string;
	/** The credential in a text, without surrounding spaces. @throws AppError (exit 2), which does not repeat the text */
	parse(text: string): string;
}

export interface TargetAccess {
	/** Parsed by `TargetCredential.parse`; undefined if the kind needs none. */
	readonly credential: string | undefined;
	readonly signal?: AbortSignal | undefined;
}

/** Everything that Coffer knows about a kind of target. */
export interface TargetKind {
	/** `kind` in coffer.json, and `target` in results: lower-case letters, digits and dashes. Never changes. */
	readonly name: string;
	/** The product's name in sentences. */
	readonly title: string;
	/** What the product calls that which has the secrets, such as `app` or `project`. */
	readonly noun: string;
	/**
	 * The most names in one request. What a request has set or deleted is remembered once it has succeeded, so a
	 * request that can succeed in part has one name.
	 */
	readonly batch: { readonly set: number; readonly deleted: number };
	/** The origin that a fresh clone may send to. Every other origin must be linked on the device first. */
	readonly officialOrigin?: string;
	/** The ids that an app can have. */
	readonly appId: RegExp;
	/** Undefined if a target of this kind needs no credential. */
	readonly credential?: TargetCredential;
	/** The command that links an app on this device, for hints. */
	linkCommand(id: TargetId): string;
	/** The command that adds the target's names to the vault; undefined if there is none. */
	readonly importCommand?: string;
	/** The command that deploys functions to the target; undefined if there is none. */
	readonly deployCommand?: string;
	/** The command with which a person deletes a secret at the target; undefined if there is none. */
	readonly deleteCommand?: string;
	/**
	 * Identifies an app. @param url an address of the target's API
	 * @throws AppError (exit 2) if nothing may be sent to the address, or the id is not valid
	 */
	identify(url: string, app: string): TargetId;
	/** Connects to an app. Makes no request. */
	connect(id: TargetId, access: TargetAccess): SecretTarget;
	/**
	 * Why the product never stores a name, or this value under it, as a clause after the name. Undefined if it
	 * does. Left out if every name and every value is stored.
	 * @param value undefined to ask about the name only
	 */
	refusal?(name: string, value: string | undefined): string | undefined;
	/** The requests that a task makes, to show them. */
	calls(id: TargetId, work: TargetWork): TargetCall[];
}
