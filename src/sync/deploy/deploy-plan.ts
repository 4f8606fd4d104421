/**
 * Predicts what a deployment would do, from the project's files and the platform's list of functions. Changes
 * nothing.
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
import { settingsOf } from "../../project/functions/settings.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import type { LinkTarget } from "../client/link-target.ts";

type Deployed = FunctionList["functions"][number];

/** What one function would be built from, and how it would be run. */
export interface PreparedFunction {
	/** Hash of everything that its bundle is made from. */
	readonly source: string;
	/** Hash of what its files say about how it is run. */
	readonly operation: string;
	/** Builds it. @returns the hash of its bundle; undefined where it cannot be built on this machine as on the platform */
	bundle(): Promise<string | undefined>;
}

/**
 * Prepares functions on this machine as the platform does for a deployment.
 * @param upload the files that a deployment would send, and the functions in it
 * @param conditions what decides what a bundle is besides its sources, as the platform says
 * @returns by the function's name: what was found, or why the platform would refuse it
 */
export type Prepare = (
	upload: { readonly files: ReadonlyMap<string, Uint8Array>; readonly functions: readonly FunctionEntry[] },
	conditions: readonly string[],
) => Promise<ReadonlyMap<string, PreparedFunction | AppError>>;

export interface PlannedFunction {
	readonly name: string;
	/** `unknown`: it is on the platform, which does not say what files it was built from. */
	readonly status: "new" | "changed" | "unchanged" | "unknown";
	/** False where only a build on the platform can tell whether its bundle becomes another. */
	readonly certain: boolean;
	/** Keys of its `function.jsonc` that would change; values are left out where there are none. */
	readonly settings: readonly { readonly key: string; readonly from?: unknown; readonly to?: unknown }[];
	/** Files that may be missing when it runs. Left out where there are none. */
	readonly warnings?: readonly FileWarning[];
	/** Why its deployment would fail. */
	readonly error?: string;
}

export interface DeployPlan {
	/** Sorted by name. */
	readonly functions: readonly PlannedFunction[];
	/** Functions on the platform that the project does not have, sorted. */
	readonly absent: readonly string[];
	/** Functions that a configuration file turns off. */
	readonly disabled: readonly DisabledFunction[];
}

/**
 * Compares each function with the deployment that runs. As the platform does, by what it is built from: its modules and what
 * `deno.json`, `package.json` and lock files mean for it; and where that differs, by the bundle.
 * @param names the functions to deploy; all where empty
 * @throws AppError `FUNCTION_NOT_FOUND`, `NO_FUNCTIONS` (exit 4), exit 3 where the token may not read, exit 6 for the network
 */
export async function plannedDeployment(
	root: string,
	{ binding, remote }: LinkTarget,
	names: readonly string[],
	prepare: Prepare,
): Promise<DeployPlan> {
	const found = await discoverProject(root);
	const asked = chooseEntries(found, names);
	const { conditions, functions: deployed } = await remote.listFunctions(binding.app, { files: true });
	const port = projectFiles(root);
	const warnings = new Map<string, FileWarning[]>();
	const onWarning = (name: string, warning: FileWarning) =>
		warnings.set(name, [...(warnings.get(name) ?? []), warning]);
	const collected = await collectEach(root, asked, port, onWarning);
	const chosen = asked.filter(({ name }) => !(collected.get(name) instanceof AppError));
	const upload = { files: await collectSources(root, chosen, port), functions: chosen.map(deployedEntry) };
	const prepared = conditions && chosen.length > 0 ? await prepare(upload, conditions) : undefined;
	const functions: PlannedFunction[] = [];
	for (const entry of asked) {
		const { name } = entry;
		const known = deployed.find((one) => one.name === name);
		const sources = collected.get(name) ?? new Map<string, Uint8Array>();
		const plan = await planned(root, entry, known, { sources, prepared: prepared?.get(name) });
		const own = warnings.get(name);
		functions.push(own === undefined ? plan : { ...plan, warnings: own });
	}
	functions.sort((a, b) => (a.name < b.name ? -1 : 1));
	return {
		functions,
		absent: absentFrom(found.functions, deployed),
		disabled: names.length === 0 ? found.disabled : [],
	};
}

/** Functions on the platform that a project does not have, sorted. */
export function absentFrom(
	found: readonly Pick<FunctionEntry, "name">[],
	deployed: readonly Pick<Deployed, "name">[],
): string[] {
	const present = new Set(found.map(({ name }) => name));
	return deployed
		.map(({ name }) => name)
		.filter((name) => !present.has(name))
		.sort();
}

/** The files of each function by themselves, or what is wrong with them. */
async function collectEach(
	root: string,
	entries: readonly FunctionEntry[],
	port: ProjectFiles,
	onWarning: (name: string, warning: FileWarning) => void,
): Promise<Map<string, ReadonlyMap<string, Uint8Array> | AppError>> {
	const collected = new Map<string, ReadonlyMap<string, Uint8Array> | AppError>();
	for (const entry of entries) {
		try {
			collected.set(entry.name, await collectSources(root, [entry], port, onWarning));
		} catch (error) {
			if (!(error instanceof AppError) || error.exit !== EXIT.usage) throw error;
			collected.set(entry.name, error);
		}
	}
	return collected;
}

/** What is known of a function on this machine. */
interface Local {
	readonly sources: ReadonlyMap<string, Uint8Array> | AppError;
	/** Undefined where the platform does not say by what to compare. */
	readonly prepared: PreparedFunction | AppError | undefined;
}

async function planned(
	root: string,
	entry: FunctionEntry,
	deployed: Deployed | undefined,
	{ prepared, sources }: Local,
): Promise<PlannedFunction> {
	const { name } = entry;
	const fault = [sources, prepared].find((one) => one instanceof AppError);
	if (fault instanceof AppError || sources instanceof AppError || prepared instanceof AppError) {
		const status = deployed === undefined ? "new" : "changed";
		const error = fault instanceof AppError ? `${fault.message} ${fault.hint}` : "";
		return { name, status, certain: true, settings: [], error };
	}
	const settings = deployed === undefined ? [] : settingChanges(deployed.settings, settingsOf(root, entry));
	const status = await statusOf(sources, prepared, deployed);
	return { name, ...status, settings };
}

type Status = Pick<PlannedFunction, "status" | "certain">;

async function statusOf(
	sources: ReadonlyMap<string, Uint8Array>,
	prepared: PreparedFunction | undefined,
	deployed: Deployed | undefined,
): Promise<Status> {
	if (deployed === undefined) return { status: "new", certain: true };
	// One that does not run is built and started again, whatever its files.
	if (deployed.error !== undefined || deployed.state === "failed")
		return { status: "changed", certain: true };
	if (prepared === undefined || deployed.source === undefined) return statusByFiles(sources, deployed);
	const { bundle, operation, source } = deployed;
	if (prepared.operation !== operation) return { status: "changed", certain: true };
	if (prepared.source === source) return { status: "unchanged", certain: true };
	const built = await prepared.bundle();
	return { status: built === bundle ? "unchanged" : "changed", certain: built !== undefined };
}

/** By the files that its bundle is made of, where a platform says no more than that. */
function statusByFiles(sources: ReadonlyMap<string, Uint8Array>, { files }: Deployed): Status {
	if (files === undefined) return { status: "unknown", certain: false };
	const isSame = files.every(([path, hash]) => {
		const bytes = sources.get(path);
		return bytes !== undefined && blobHash(bytes) === hash;
	});
	return { status: isSame ? "unchanged" : "changed", certain: false };
}

function settingChanges(
	before: Readonly<Record<string, unknown>> = {},
	after: Readonly<Record<string, unknown>>,
): PlannedFunction["settings"] {
	const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
	return keys
		.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
		.map((key) => ({
			key,
			...(key in before && { from: before[key] }),
			...(key in after && { to: after[key] }),
		}));
}
