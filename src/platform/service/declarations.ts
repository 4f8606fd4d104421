/** Compares the settings and files of a function in an upload with the function's current deployment. */
import type { DeployedFunction } from "../../protocol/messages.ts";
import { Matcher } from "../../references/evidence/name-pattern.ts";
import type { Reference, References } from "../../references/evidence/reference.ts";
import type { Bundle } from "../build/bundle.ts";
import type { CheckedFunction } from "../build/check/checker.ts";
import { type DeployedFile, type Deployment, isSame, type KeptSources } from "../functions/function.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";

/** The function's current deployment. Undefined if it does not exist or has failed. */
export function presentDeployment(functions: AppFunctions, name: string): Deployment | undefined {
	const present = functions.app.state.functions.get(name);
	if (present === undefined || present.error !== undefined) return undefined;
	const supervisor = functions.findSupervisor(name);
	const runs = supervisor !== undefined && supervisor.state !== "failed" && supervisor.error === undefined;
	return runs ? present.deployment : undefined;
}

/** The settings, secrets and automations that a function's files declare, and the files themselves. */
export type Declarations = Omit<CheckedFunction["declaration"], "staticFiles"> & {
	readonly sources: KeptSources;
	readonly assets: readonly DeployedFile[];
};

/** Whether a process of one deployment behaves like a process of the other. */
export function areInterchangeable(
	present: Deployment,
	other: Pick<Deployment, "assets" | "packageFiles" | "settings">,
): boolean {
	return (
		isSame(present.settings, other.settings) &&
		isSame(present.assets, other.assets) &&
		isSame(present.packageFiles, other.packageFiles)
	);
}

/** Records changes that need no new process: automations, and the sources that a client can read back. */
export async function recordDeclarations(
	functions: AppFunctions,
	present: Deployment,
	{ automations, sources }: Declarations,
): Promise<Omit<DeployedFunction, "url">> {
	const { function: name } = present;
	const isScheduled = isSame(present.automations, automations);
	if (!isScheduled || !isSame(present.sources, sources))
		await functions.updateDeployment({ ...present, sources, automations });
	return { name, status: isScheduled ? "unchanged" : "deployed" };
}

/** References that were observed while earlier deployments ran. The new one may also read them. */
export function observedReferences(
	functions: AppFunctions,
	name: string,
	found: readonly Reference[],
): Reference[] {
	const before = functions.app.state.functions.get(name)?.deployment.references ?? [];
	const known = new Matcher(found.map((reference) => reference.name));
	return before.filter((one) => one.how === "observed" && known.exactness(one.name) === undefined);
}

/** The references of a function's bundles: its own and those of its workers. @throws Error if one was not analysed */
export function mergeReferences(bundles: readonly Bundle[]): References {
	const all = bundles.map(({ references }) => {
		if (references === undefined) throw new Error("The platform's builder does not analyse bundles.");
		return references;
	});
	const distinct = <Item extends object>(items: readonly Item[]): Item[] => [
		...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
	];
	return {
		references: distinct(all.flatMap(({ references }) => references)),
		dynamic: distinct(all.flatMap(({ dynamic }) => dynamic)),
	};
}
