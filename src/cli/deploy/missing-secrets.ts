/** Finds the names that functions read and the vault lacks, and prints them for `functions deploy`. */

import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { discoverProject } from "../../project/functions/discover.ts";
import type { DisabledFunction, NamedSecret } from "../../project/functions/function-entry.ts";
import { liveNames } from "../../project/secrets/live-names.ts";
import { type Coverage, type CoveredFunction, coverageOf } from "../../references/plan/coverage.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { type EnvFileOffer, envFileOffers, renderNamed, renderOffers } from "./named-secrets.ts";

/** A name that functions read and the vault lacks, with the locations. */
export type Unset = Coverage["missing"][number];

/** The secrets that are missing in an environment. */
export interface MissingSecrets {
	/** Names that functions read, with every location. Sorted. */
	readonly missing: readonly Unset[];
	/** Names in configuration files that no function reads. */
	readonly named: readonly NamedSecret[];
	/** `.env` files that contain some of these names. */
	readonly envFiles: readonly EnvFileOffer[];
}

/**
 * Finds the names that functions read or configuration files name, and that are neither in the vault nor among the
 * platform's own secrets.
 * @param functions the references of each function
 */
export async function missingSecrets(
	root: string,
	environment: string,
	{ binding, remote }: LinkTarget,
	functions: readonly CoveredFunction[],
): Promise<MissingSecrets> {
	const [names, app] = await Promise.all([liveNames(root, environment), remote.showApp(binding.app)]);
	const held = new Set([...names, ...(app.local?.map(({ name }) => name) ?? [])]);
	const { missing } = coverageOf(functions, held);
	const { folder, namedSecrets } = await discoverProject(root);
	const read = new Set(missing.map(({ name }) => name));
	const named = namedSecrets.filter(({ name }) => !held.has(name) && !read.has(name));
	const absent = [...read, ...named.map(({ name }) => name)];
	return { missing, named, envFiles: envFileOffers(root, folder, absent) };
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

export function renderMissing(found: MissingSecrets, environment: string, terminal: Terminal): void {
	const { envFiles, missing: unset, named } = found;
	for (const { name, places } of unset) {
		const [first] = places;
		const place = first === undefined ? "" : `${first.function}, ${first.file}:${first.line}`;
		const more = places.length > 1 ? ` and ${places.length - 1} more` : "";
		terminal.line(`${MARKS.pending} ${name} is read, but not in the vault (${place}${more})`);
	}
	renderNamed(named, terminal);
	renderOffers(envFiles, environment, terminal);
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
	terminal.line(`  They were not changed. To delete them: ${command}`);
}

export function renderDisabled(disabled: readonly DisabledFunction[], terminal: Terminal): void {
	for (const { file, line, name } of disabled)
		terminal.line(`${MARKS.same} ${name}  not deployed: ${file}:${line} says enabled = false`);
}

/** Prints each warning once, with all functions that it concerns. */
export function renderWarnings(
	warnings: readonly { readonly function: string; readonly message: string }[],
	terminal: Terminal,
): void {
	const byMessage = new Map<string, string[]>();
	for (const { function: name, message } of warnings)
		byMessage.set(message, [...(byMessage.get(message) ?? []), name]);
	for (const [message, names] of byMessage)
		terminal.line(`${MARKS.pending} ${[...new Set(names)].join(", ")}  ${message}`);
}
