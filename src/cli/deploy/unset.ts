/** Which names functions read that the vault lacks, and how `functions deploy` tells of that. */

import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { liveNames } from "../../project/secrets/live-names.ts";
import { type Coverage, type CoveredFunction, coverageOf } from "../../references/plan/coverage.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A name that is read, and where. */
export type Unset = Coverage["missing"][number];

/**
 * @param functions what each reads
 * @returns the names that are in neither the vault nor among the secrets that the platform keeps by itself; sorted
 */
export async function unsetNames(
	root: string,
	environment: string,
	{ binding, remote }: LinkTarget,
	functions: readonly CoveredFunction[],
): Promise<readonly Unset[]> {
	const [names, app] = await Promise.all([liveNames(root, environment), remote.showApp(binding.app)]);
	const kept = app.local?.map(({ name }) => name) ?? [];
	return coverageOf(functions, new Set([...names, ...kept])).missing;
}

/** What a token that may only deploy cannot ask: nothing is said of it then. */
export async function ifReadable<Result>(work: Promise<Result>): Promise<Result | undefined> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof AppError && error.code === "TOKEN_SCOPE") return undefined;
		throw error;
	}
}

export function renderUnset(unset: readonly Unset[], environment: string, terminal: Terminal): void {
	for (const { name, places } of unset) {
		const [first] = places;
		const place = first === undefined ? "" : `${first.function}, ${first.file}:${first.line}`;
		const more = places.length > 1 ? ` and ${places.length - 1} more` : "";
		terminal.line(`${MARKS.pending} ${name} is read and not in the vault (${place}${more})`);
	}
	const [first] = unset;
	if (first !== undefined)
		terminal.line(
			`  Set it: ${inEnvironment(`coffer secrets set ${first.name}`, environment)}. What a function may do without is named in its function.jsonc: "secrets": {"exclude": […]}.`,
		);
}

export function renderAbsent(absent: readonly string[], environment: string, terminal: Terminal): void {
	if (absent.length === 0) return;
	const command = inEnvironment(`coffer functions delete ${absent.join(" ")}`, environment);
	terminal.line(`${MARKS.pending} On the platform and not in this project: ${absent.join(", ")}`);
	terminal.line(`  They stay. To delete them: ${command}`);
}
