/** What a deployment would do, worked out from the project's files and the platform's list of functions. Changes nothing. */
import { AppError, EXIT } from "../../errors.ts";
import { chooseEntries } from "../../project/functions/choose.ts";
import { collectSources, type ProjectFiles, projectFiles } from "../../project/functions/collect.ts";
import { discoverFunctions, type FunctionEntry } from "../../project/functions/discover.ts";
import { settingsOf } from "../../project/functions/settings.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import type { LinkTarget } from "../client/link-target.ts";

type Deployed = FunctionList["functions"][number];

export interface PlannedFunction {
	readonly name: string;
	/** `unknown`: it is on the platform, which does not say from which files. */
	readonly status: "new" | "changed" | "unchanged" | "unknown";
	/** Keys of its `function.jsonc` that would change; values are left out where there are none. */
	readonly settings: readonly { readonly key: string; readonly from?: unknown; readonly to?: unknown }[];
	/** Why it would fail. */
	readonly error?: string;
}

export interface DeployPlan {
	/** By name, sorted. */
	readonly functions: readonly PlannedFunction[];
	/** Functions of the platform that the project does not have, sorted. */
	readonly absent: readonly string[];
}

/**
 * @param names the functions to deploy; all where empty
 * @throws AppError `FUNCTION_NOT_FOUND`, `NO_FUNCTIONS` (exit 4), exit 3 where the token may not read, exit 6 for the network
 */
export async function plannedDeployment(
	root: string,
	{ binding, remote }: LinkTarget,
	names: readonly string[],
): Promise<DeployPlan> {
	const found = await discoverFunctions(root);
	const asked = chooseEntries(found, names);
	const deployed = (await remote.listFunctions(binding.app, { files: true })).functions;
	const port = projectFiles(root);
	const functions: PlannedFunction[] = [];
	for (const entry of asked)
		functions.push(
			await planned(
				root,
				entry,
				deployed.find(({ name }) => name === entry.name),
				port,
			),
		);
	functions.sort((a, b) => (a.name < b.name ? -1 : 1));
	return { functions, absent: absentFrom(found, deployed) };
}

/** Functions of the platform that a project does not have, sorted. */
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

async function planned(
	root: string,
	entry: FunctionEntry,
	deployed: Deployed | undefined,
	port: ProjectFiles,
): Promise<PlannedFunction> {
	const { name } = entry;
	try {
		const sources = await collectSources(root, [entry], port);
		const settings = settingsOf(root, entry);
		return {
			name,
			status: statusOf(sources, deployed),
			settings: deployed === undefined ? [] : settingChanges(deployed.settings, settings),
		};
	} catch (error) {
		if (!(error instanceof AppError) || error.exit !== EXIT.usage) throw error;
		const status = deployed === undefined ? "new" : "changed";
		return { name, status, settings: [], error: `${error.message} ${error.hint}` };
	}
}

/** By the files that its bundle is made of; what configures the project is sent for all functions, and kept for none. */
function statusOf(
	sources: ReadonlyMap<string, Uint8Array>,
	deployed: Deployed | undefined,
): PlannedFunction["status"] {
	if (deployed === undefined) return "new";
	if (deployed.files === undefined) return "unknown";
	// One that does not run is built and started again, whatever its files.
	if (deployed.error !== undefined || deployed.state === "failed") return "changed";
	const isSame = deployed.files.every(([path, hash]) => {
		const bytes = sources.get(path);
		return bytes !== undefined && blobHash(bytes) === hash;
	});
	return isSame ? "unchanged" : "changed";
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
