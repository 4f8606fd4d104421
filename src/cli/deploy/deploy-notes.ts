/**
 * Notes after a deployment: functions that only the platform has, and secrets that functions read and the
 * vault lacks.
 */
import { discoverFunctions } from "../../project/functions/discover.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { absentFrom } from "../../sync/deploy/deploy-plan.ts";
import type { Environment } from "../shell/process-environment.ts";
import { ifReadable, type MissingSecrets, missingSecrets } from "./missing-secrets.ts";

export interface DeployNotes extends MissingSecrets {
	/** Functions on the platform that the project does not have. The deployment does not change them. */
	readonly absent: readonly string[];
}

const NOTHING: DeployNotes = { absent: [], missing: [], named: [], envFiles: [] };

/**
 * Collects the notes. The platform reports the reads of deployed functions. The sources of a failed function are
 * analysed here.
 * @param isAll whether all functions of the project were deployed
 */
export async function deployNotes(
	place: { readonly root: string; readonly name: string; readonly target: LinkTarget },
	deployed: readonly DeployedFunction[],
	{ environment, isAll }: { readonly environment: Environment; readonly isAll: boolean },
): Promise<DeployNotes> {
	const { name, root, target } = place;
	const listing = await ifReadable(target.remote.listFunctions(target.binding.app));
	if (listing === undefined) return NOTHING;
	const failed = deployed.filter(({ status }) => status === "failed").map((one) => one.name);
	const running = listing.functions.filter((one) => deployed.some((each) => each.name === one.name));
	const deployedReads = running.filter((one) => !failed.includes(one.name));
	const failedReads = failed.length === 0 ? [] : await readsOfSources(failed, environment);
	const missing = await missingSecrets(root, name, target, [...deployedReads, ...failedReads]);
	const absent = isAll ? absentFrom(await discoverFunctions(root), listing.functions) : [];
	return { absent, ...missing };
}

/** The references in the sources of functions. A function that cannot be analysed is left out: its error is reported. */
async function readsOfSources(names: readonly string[], environment: Environment) {
	const { projectReferences } = await import("../context/local-references.ts");
	const { functions } = await projectReferences(names, environment);
	return functions.filter(({ error }) => error === undefined);
}
