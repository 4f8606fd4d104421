/**
 * Deploys a project's functions: finds them, sends the source files that the platform does not have yet, and
 * reports each result.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { FileWarning } from "../../modules/files/wanted-files.ts";
import { chooseEntries } from "../../project/functions/choose.ts";
import { collectSources, type ProjectFiles, projectFiles } from "../../project/functions/collect.ts";
import { discoverProject } from "../../project/functions/discover.ts";
import {
	type DisabledFunction,
	deployedEntry,
	type FunctionEntry,
} from "../../project/functions/function-entry.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { Deploy, DeployedFunction } from "../../protocol/messages.ts";
import { NODE_WAIT_SECONDS, type NodeEvent } from "../../protocol/nodes.ts";
import type { LinkTarget } from "../client/link-target.ts";

/** The number of source files that are uploaded at the same time. */
const PARALLEL_UPLOADS = 8;

export interface DeployOptions {
	/** The functions to deploy; all if empty. */
	readonly names: readonly string[];
	/** Whether to delete functions of the app that the project no longer has. */
	readonly prune: boolean;
	/** Called for each function as the platform reports it. */
	readonly onFunction?: ((result: DeployedFunction) => void) | undefined;
	/** Called when each node of the platform has followed, or not in time. Without it, no node is waited for. */
	readonly onNode?: ((event: NodeEvent) => void) | undefined;
	/** Called before the request for each function that is sent, with its files by path. */
	readonly onSources?: ((name: string, sources: ReadonlyMap<string, Uint8Array>) => void) | undefined;
}

export interface DeployOutcome {
	/** Sorted by name. */
	readonly functions: readonly DeployedFunction[];
	/** Files that may be missing when a function runs, with the function's name. */
	readonly warnings: readonly (FileWarning & { readonly function: string })[];
	/** Deleted, because the project no longer has them. */
	readonly pruned: readonly string[];
	/** Not deployed, because a configuration file turns them off. */
	readonly disabled: readonly DisabledFunction[];
}

async function upload(
	target: LinkTarget,
	missing: readonly string[],
	contents: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
	const queue = missing.values();
	const worker = async () => {
		for (const hash of queue) {
			const bytes = contents.get(hash);
			if (!bytes)
				throw new AppError({
					code: "BLOB_UNKNOWN",
					message: "The platform asked for a file that this deployment does not have.",
					hint: "Run the command again.",
					exit: EXIT.network,
				});
			await target.remote.putBlob(target.binding.app, hash, bytes);
		}
	};
	await Promise.all(Array.from({ length: Math.min(PARALLEL_UPLOADS, missing.length) }, worker));
}

/**
 * Sends the request once. @returns the hashes of the files that the platform does not have; undefined if the
 * deployment was done
 */
async function send(
	target: LinkTarget,
	request: Deploy,
	options: DeployOptions,
	outcome: { functions: DeployedFunction[]; pruned: string[] },
): Promise<readonly string[] | undefined> {
	let done = false;
	const waitSeconds = options.onNode && NODE_WAIT_SECONDS;
	for await (const event of target.remote.deploy(target.binding.app, request, waitSeconds)) {
		if (event.type === "missing") return event.hashes;
		if (event.type === "function") {
			outcome.functions.push(event.result);
			options.onFunction?.(event.result);
		} else if (event.type === "node") {
			options.onNode?.(event);
		} else {
			outcome.pruned.push(...event.pruned);
			done = true;
		}
	}
	if (done) return undefined;
	throw new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: "The platform's answer ended before it said that the deployment is complete.",
		hint: "Run the command again: functions that are deployed already stay unchanged.",
		exit: EXIT.network,
	});
}

/** The error in each function's sources. Functions without an error are not in it. */
async function sourceFaults(
	root: string,
	functions: readonly FunctionEntry[],
	port: ProjectFiles,
	onSources: DeployOptions["onSources"],
	onWarning: (name: string, warning: FileWarning) => void,
): Promise<Map<string, AppError>> {
	const faults = new Map<string, AppError>();
	for (const entry of functions) {
		try {
			const sources = await collectSources(root, [entry], port, onWarning);
			onSources?.(entry.name, sources);
		} catch (error) {
			if (!(error instanceof AppError) || error.exit !== EXIT.usage) throw error;
			faults.set(entry.name, error);
		}
	}
	return faults;
}

/** The results of functions that are not sent. */
async function failedOf(
	target: LinkTarget,
	faults: ReadonlyMap<string, AppError>,
): Promise<DeployedFunction[]> {
	if (faults.size === 0) return [];
	const { url } = await target.remote.showApp(target.binding.app);
	return [...faults].map(([name, { hint, message }]) => ({
		name,
		status: "failed",
		url: `${url}${name}`,
		error: `${message} ${hint}`,
	}));
}

/**
 * Deploys functions.
 * @throws AppError `FUNCTION_NOT_FOUND` (exit 4), exit 6 for the network, exit 2 if none of the sources can be
 *   deployed, or if one of them cannot and others are to be pruned. Otherwise a function with an error in its
 *   sources, or one that fails to build or to start, is `failed` in the outcome
 */
export async function deployFunctions(
	root: string,
	target: LinkTarget,
	options: DeployOptions,
): Promise<DeployOutcome> {
	const found = await discoverProject(root);
	const asked = chooseEntries(found, options.names);
	const port = projectFiles(root);
	const warnings: DeployOutcome["warnings"][number][] = [];
	const onWarning = (name: string, warning: FileWarning) =>
		void warnings.push({ function: name, ...warning });
	const faults = await sourceFaults(root, asked, port, options.onSources, onWarning);
	const [fault] = faults.values();
	// A function that is left out of the request would be pruned. Without any function, there is no request.
	if (fault && (options.prune || faults.size === asked.length)) throw fault;
	const chosen = asked.filter(({ name }) => !faults.has(name));
	const sources = await collectSources(root, chosen, port);
	const files = [...sources].map(([path, bytes]): [string, string] => [path, blobHash(bytes)]);
	const contents = new Map([...sources].map(([, bytes], index) => [files[index]?.[1] ?? "", bytes]));
	const request: Deploy = {
		files,
		functions: chosen.map(deployedEntry),
		prune: options.prune,
	};
	const outcome = {
		functions: await failedOf(target, faults),
		pruned: [] as string[],
		warnings,
		disabled: options.names.length === 0 ? found.disabled : [],
	};
	for (const failed of outcome.functions) options.onFunction?.(failed);
	const missing = await send(target, request, options, outcome);
	if (missing) {
		await upload(target, missing, contents);
		const still = await send(target, request, options, outcome);
		if (still)
			throw new AppError({
				code: "BLOB_LOST",
				message: "The platform does not keep the files that it receives.",
				hint: "Read the platform's log.",
				exit: EXIT.network,
			});
	}
	outcome.functions.sort((a, b) => (a.name < b.name ? -1 : 1));
	return outcome;
}
