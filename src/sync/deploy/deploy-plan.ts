/**
 * Predicts the results of a deployment from the project's files and the platform's list of functions. Changes nothing.
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

/** The inputs of one function's bundle, and its settings. */
export interface PreparedFunction {
	/** Hash of everything that its bundle is made from. */
	readonly source: string;
	/** Hash of the settings that say how it is run. */
	readonly operation: string;
	/**
	 * Builds it. @returns the hash of its bundle; undefined if it cannot be built here in the same way as on the platform
	 */
	bundle(): Promise<string | undefined>;
}

/**
 * Prepares functions on this machine as the platform does for a deployment.
 * @param upload the files that a deployment would send, and the functions in it
 * @param conditions the conditions of a bundle besides its sources, from the platform's list of functions
 * @returns by the function's name: the prepared function, or the error with which the platform would reject it
 */
export type Prepare = (
	upload: { readonly files: ReadonlyMap<string, Uint8Array>; readonly functions: readonly FunctionEntry[] },
	conditions: readonly string[],
) => Promise<ReadonlyMap<string, PreparedFunction | AppError>>;

export interface PlannedFunction {
	readonly name: string;
	/** `unknown`: it is on the platform, which does not report the files that it was built from. */
	readonly status: "new" | "changed" | "unchanged" | "unknown";
	/** False if only a build on the platform can show whether its bundle changes. */
	readonly certain: boolean;
	/** Keys of its `function.jsonc` that would change; a missing value is left out. */
	readonly settings: readonly { readonly key: string; readonly from?: unknown; readonly to?: unknown }[];
	/** Files that may be missing when it runs. Left out if there are none. */
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
 * Compares each function with the deployment that runs. Like the platform, compares its build inputs first: its
 * modules, and the parts of `deno.json`, `package.json` and lock files that apply to it. If these differ, compares the
 * bundles.
 * @param names the functions to deploy; all if empty
 * @throws AppError `FUNCTION_NOT_FOUND`, `NO_FUNCTIONS` (exit 4), exit 3 if the token may not read, exit 6 for the
 *   network
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

/** The files of each function alone, or the error in them. */
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

/** The local state of a function. */
interface Local {
	readonly sources: ReadonlyMap<string, Uint8Array> | AppError;
	/** Undefined if the platform does not report what to compare with. */
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
	// A function that does not run is built and started again, even if its files are unchanged.
	if (deployed.error !== undefined || deployed.state === "failed")
		return { status: "changed", certain: true };
	if (prepared === undefined || deployed.source === undefined) return statusByFiles(sources, deployed);
	const { bundle, operation, source } = deployed;
	if (prepared.operation !== operation) return { status: "changed", certain: true };
	if (prepared.source === source) return { status: "unchanged", certain: true };
	const built = await prepared.bundle();
	return { status: built === bundle ? "unchanged" : "changed", certain: built !== undefined };
}

/** Compares the files of the bundle, for a platform that reports only their hashes. */
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
