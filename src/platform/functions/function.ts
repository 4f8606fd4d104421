/**
 * The words that builder, plan, runtime, gateway and API share about functions. A leaf.
 */
import type { JSONType as JSONValue } from "zod";
import { utf8 } from "../../bytes.ts";
import { hash, randomBytes, toBase64 } from "../../crypto.ts";
import type { Automation } from "../../modules/automations/automations.ts";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import type { Reads, References } from "../../references/evidence/reference.ts";

/** A function's entry and the files that it may use. */
export interface FunctionSource {
	/** Route and identity, `hello` or `api/billing`. */
	name: string;
	/** Path of its entry module in the file set. */
	entry: string;
	/** Path of its `function.jsonc` in the file set, where it has one. */
	settings?: string | undefined;
	/** Whether all files of the upload are this function's, and not only those that its entry reaches. */
	ownsUpload?: boolean | undefined;
	/** What starts it by itself, where its files do not say. */
	automations?: readonly StoredAutomation[] | undefined;
}

/** The files that a function was deployed from, to be given back. */
export interface KeptSources {
	/** Path of the entry module. */
	readonly entry: string;
	/** Path and hash of each in the blob store; paths are those of the upload. */
	readonly files: readonly (readonly [path: string, hash: string])[];
}

/** What a deployment reads, and what it is kept from. */
export function readsOf({ references, dynamic, settings }: Deployment): Reads {
	return { references, dynamic, excluded: settings?.secrets?.exclude };
}

/** What starts a function by itself, as it was sent; it has no fault (`automationsFault`). */
export type StoredAutomation = Readonly<Record<string, JSONValue>>;

/** The same, to work with. */
export function automationsOf({ automations = [] }: Deployment): readonly Automation[] {
	return automations as readonly object[] as readonly Automation[];
}

/** Whether two parts of what a function's files say are equal. Both come from the same code, with their keys in one order; what is left out is as an empty one. */
export function isSame<Said extends object>(one: Said | undefined, other: Said | undefined): boolean {
	const textOf = (said: Said | undefined) => JSON.stringify(said ?? {}).replace(/^\[\]$/, "{}");
	return textOf(one) === textOf(other);
}

/** Hash of how a function is run: its settings and what starts it. What is left out is as an empty one. */
export function operationHash({
	settings,
	automations,
}: Pick<Deployment, "settings" | "automations">): string {
	const text = JSON.stringify([settings ?? {}, automations ?? []]);
	return toBase64(hash(utf8(text)));
}

/** A built function, as the platform remembers it. */
export interface Deployment extends References {
	/** Unique per deployment, sortable by time. */
	id: string;
	function: string;
	/** Hash of the bundle in the blob store. */
	bundle: string;
	/** Hash of the bundle's source map in the blob store, so that a function's errors name its own files and lines. */
	sourceMap: string;
	/** Hash of everything that the bundle was made from, so that an unchanged upload need not be built. */
	source: string;
	/** The variables that this bundle was seen to read, whether or not its code tells of them. */
	seen?: readonly string[] | undefined;
	/** How it is to be run. */
	settings?: FunctionSettings | undefined;
	/** Left out in what was deployed before they were kept. */
	sources?: KeptSources | undefined;
	/** As they were sent. */
	automations?: readonly StoredAutomation[] | undefined;
}

/** Hashes of the blobs that a deployment is started from, and of the files that can be given back. */
export function blobsOf({ bundle, sourceMap, sources }: Deployment): string[] {
	return [bundle, sourceMap, ...(sources?.files ?? []).map(([, hash]) => hash)];
}

const ID_TIME_DIGITS = 9;
const ID_RANDOM_BYTES = 6;

/** Unique, and sortable by time. */
export function deploymentId(nowMs: number): string {
	return `d${nowMs.toString(36).padStart(ID_TIME_DIGITS, "0")}-${toBase64(randomBytes(ID_RANDOM_BYTES))}`;
}
