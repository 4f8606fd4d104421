/** Finds the names that functions read and the vault lacks, and prints them for `functions deploy`. */

import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { liveNames } from "../../project/secrets/live-names.ts";
import { type Coverage, type CoveredFunction, coverageOf } from "../../references/plan/coverage.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A name that functions read and the vault lacks, with the locations. */
export type Unset = Coverage["missing"][number];

/**
 * Finds the names that functions read and that have no value.
 * @param functions the references of each function
 * @returns the names that are neither in the vault nor among the platform's own secrets; sorted
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

/** The result of a request, or undefined if the token may only deploy and not read. */
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
		terminal.line(`${MARKS.pending} ${name} is read, but not in the vault (${place}${more})`);
	}
	const [first] = unset;
	if (first !== undefined)
		terminal.line(
			`  To set it: ${inEnvironment(`coffer secrets set ${first.name}`, environment)}. If a function does not need it, exclude it in its function.jsonc: "secrets": {"exclude": […]}.`,
		);
}

export function renderAbsent(absent: readonly string[], environment: string, terminal: Terminal): void {
	if (absent.length === 0) return;
	const command = inEnvironment(`coffer functions delete ${absent.join(" ")}`, environment);
	terminal.line(`${MARKS.pending} On the platform, but not in this project: ${absent.join(", ")}`);
	terminal.line(`  They were left alone. To delete them: ${command}`);
}
