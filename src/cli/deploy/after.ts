/** What is told after a deployment: functions that only the platform has, and names that the vault lacks. */
import { discoverFunctions } from "../../project/functions/discover.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { absentFrom } from "../../sync/deploy/deploy-plan.ts";
import type { Environment } from "../shell/process-environment.ts";
import { ifReadable, type Unset, unsetNames } from "./unset.ts";

export interface Remarks {
	/** Functions of the platform that the project does not have; they stay. */
	readonly absent: readonly string[];
	/** Names that functions read and the vault lacks, with every place. */
	readonly missing: readonly Unset[];
}

const NOTHING: Remarks = { absent: [], missing: [] };

/**
 * What a deployed function reads, the platform says; what one reads that failed, its sources.
 * @param isAll whether all functions of the project were deployed
 */
export async function remarksOn(
	place: { readonly root: string; readonly name: string; readonly target: LinkTarget },
	deployed: readonly DeployedFunction[],
	{ environment, isAll }: { readonly environment: Environment; readonly isAll: boolean },
): Promise<Remarks> {
	const { name, root, target } = place;
	const listing = await ifReadable(target.remote.listFunctions(target.binding.app));
	if (listing === undefined) return NOTHING;
	const failed = deployed.filter(({ status }) => status === "failed").map((one) => one.name);
	const running = listing.functions.filter((one) => deployed.some((each) => each.name === one.name));
	const told = running.filter((one) => !failed.includes(one.name));
	const read = failed.length === 0 ? [] : await readBy(failed, environment);
	const missing = await unsetNames(root, name, target, [...told, ...read]);
	return { absent: isAll ? absentFrom(await discoverFunctions(root), listing.functions) : [], missing };
}

/** What functions read by their sources; nothing where these cannot be analysed, which was told already. */
async function readBy(names: readonly string[], environment: Environment) {
	const { projectReferences } = await import("../context/local-references.ts");
	const { functions } = await projectReferences(names, environment);
	return functions.filter(({ error }) => error === undefined);
}
