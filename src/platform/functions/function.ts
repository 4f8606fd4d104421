/** The types of functions and of their stored deployments. A leaf: it imports no other room of the platform. */
import type { JSONType as JSONValue } from "zod";
import { utf8 } from "../../bytes.ts";
import { hash, randomBytes, toBase64 } from "../../crypto.ts";
import type { Automation } from "../../modules/automations/automations.ts";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import type { Reads, References } from "../../references/evidence/reference.ts";
import { automationOf, type Cron } from "./crons.ts";

/** A function's entry and the files that it may use. */
export interface FunctionSource {
	/** Route and identity, such as `hello` or `api/billing`. */
	name: string;
	/** Path of its entry module in the file set. */
	entry: string;
	/** Path of its `function.jsonc` in the file set. Undefined if it has none. */
	settings?: string | undefined;
	/**
	 * Whether all files of the upload belong to this function. Otherwise only those that its entry reaches
	 * do.
	 */
	ownsUpload?: boolean | undefined;
	/** The function's automations, where its files declare none. */
	automations?: readonly StoredAutomation[] | undefined;
}

/** The files that a function was deployed from. A client can read them back. */
export interface KeptSources {
	/** Path of the entry module. */
	readonly entry: string;
	/** Path and hash of each file in the blob store. Paths are those of the upload. */
	readonly files: readonly (readonly [path: string, hash: string])[];
}

/** Path and hash of a file that a function reads when it runs. */
export type DeployedFile = readonly [path: string, hash: string];

/** The names that a deployment reads, and the secrets that it excludes. */
export function readsOf({ references, dynamic, settings }: Deployment): Reads {
	return { references, dynamic, excluded: settings?.secrets?.exclude };
}

/** An automation as the client sent it. It is valid: `automationsFault` has checked it. */
export type StoredAutomation = Readonly<Record<string, JSONValue>>;

/** The automations in a deployment's files, with their type. */
export function fileAutomationsOf({ automations = [] }: Deployment): readonly Automation[] {
	return automations as readonly object[] as readonly Automation[];
}

/** A deployment's automations: those in its files, and the cron jobs of its code. */
export function automationsOf(deployment: Deployment): readonly Automation[] {
	return [...fileAutomationsOf(deployment), ...(deployment.crons ?? []).map(automationOf)];
}

/**
 * Whether two parts of a deployment are equal.
 *
 * JSON text is enough for the comparison, since the same code writes both with their keys in one order. An
 * absent part equals an empty one.
 */
export function isSame<Part extends object>(one: Part | undefined, other: Part | undefined): boolean {
	const textOf = (part: Part | undefined) => JSON.stringify(part ?? {}).replace(/^\[\]$/, "{}");
	return textOf(one) === textOf(other);
}

/** Hash of how a function runs: its settings, automations and files. An absent part equals an empty one. */
export function operationHash({
	assets = [],
	settings,
	automations,
}: Pick<Deployment, "assets" | "settings" | "automations">): string {
	const text = JSON.stringify([settings ?? {}, automations ?? [], ...(assets.length > 0 ? [assets] : [])]);
	return toBase64(hash(utf8(text)));
}

/** A built function, as the platform stores it. */
export interface Deployment extends References {
	/** Unique per deployment, sortable by time. */
	id: string;
	function: string;
	/** Hash of the bundle in the blob store. */
	bundle: string;
	/**
	 * Hash of the bundle's source map in the blob store. With it a function's errors name its own files and
	 * lines.
	 */
	sourceMap: string;
	/** Hash of everything that the bundle was made from. An upload with the same hash is not built again. */
	source: string;
	/** The variables that this bundle has read while it ran, whether or not the analysis found them. */
	seen?: readonly string[] | undefined;
	/** The settings with which the function runs. */
	settings?: FunctionSettings | undefined;
	/** Undefined for deployments of versions that did not keep the sources. */
	sources?: KeptSources | undefined;
	/** Files of the project that the function reads when it runs, by paths of the upload, sorted. */
	assets?: readonly DeployedFile[] | undefined;
	/** Files of packages that the function reads when it runs, by paths below `.npm`, sorted. */
	packageFiles?: readonly DeployedFile[] | undefined;
	/** As the client sent them. */
	automations?: readonly StoredAutomation[] | undefined;
	/** The cron jobs that the code registered when this deployment started. */
	crons?: readonly Cron[] | undefined;
}

/** The files that a deployment's process can read. */
export function filesOf({ assets = [], packageFiles = [] }: Deployment): DeployedFile[] {
	return [...assets, ...packageFiles];
}

/** Hashes of a deployment's blobs: its bundle, its source map, its sources and the files that it reads. */
export function blobsOf(deployment: Deployment): string[] {
	const { bundle, sourceMap, sources } = deployment;
	const files = [...(sources?.files ?? []), ...filesOf(deployment)];
	return [bundle, sourceMap, ...files.map(([, hash]) => hash)];
}

const ID_TIME_DIGITS = 9;
const ID_RANDOM_BYTES = 6;

/** A new id: unique, and sortable by time. */
export function deploymentId(nowMs: number): string {
	return `d${nowMs.toString(36).padStart(ID_TIME_DIGITS, "0")}-${toBase64(randomBytes(ID_RANDOM_BYTES))}`;
}
