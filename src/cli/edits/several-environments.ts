/** The steps that the members' commands share to change several environments together. */
import { Flags } from "@oclif/core";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { environmentNames } from "../../project/members/environments.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { openContext } from "../context/open-project.ts";
import type { Environment } from "../shell/process-environment.ts";
import type { Terminal } from "../shell/terminal.ts";
import type { SyncReport } from "../views/edit-result.ts";
import { afterEdit } from "./after-edit.ts";

/** `--all-environments`. @param what the command's verb, which precedes "every environment of the vault" in the help */
export function allEnvironmentsFlag(what: string) {
	return Flags.boolean({ description: `${what} every environment of the vault` });
}

/**
 * Opens the environments that the flags name, each once.
 * @param example the command without its flags, for the hint of an error
 * @returns one context or more
 * @throws AppError `USAGE` (exit 2) if both flags are given; what `openContext` throws
 */
export async function openEnvironments(
	environment: Environment,
	chosen: { readonly names: readonly string[]; readonly areNamed: boolean; readonly all: boolean },
	example: string,
): Promise<readonly [SessionContext, ...SessionContext[]]> {
	if (chosen.all && chosen.areNamed) throw bothGiven(example);
	const names = chosen.all ? await allEnvironments() : [...new Set(chosen.names)];
	const [first, ...rest] = names;
	if (first === undefined) throw new TypeError("A vault has an environment.");
	const open = (name: string) => openContext(environment, name, "edit");
	return [await open(first), ...(await Promise.all(rest.map(open)))];
}

function bothGiven(example: string): AppError {
	return new AppError({
		code: "USAGE",
		message: "--environment cannot be used together with --all-environments.",
		hint: `${example} -e ENVIRONMENT... (or --all-environments)`,
		exit: EXIT.usage,
	});
}

async function allEnvironments(): Promise<string[]> {
	const [{ document }] = await Promise.all([loadVault(requireRoot(currentFolder())), cryptoReady]);
	return environmentNames(document);
}

/** An edit of one environment of several. */
export interface EditedEnvironment<Edit> {
	readonly context: SessionContext;
	readonly edit: Edit;
}

/**
 * Syncs each environment. If one sync fails, the others still run.
 * @param resultOf makes the command's result from the reports of all environments
 * @throws AppError with the code and exit status of the first sync that failed, the messages of all, and the
 *   command's result as data. A platform that cannot be reached is only a warning, as in `afterEdit`
 */
export async function syncEach<Edit extends object, Result>(
	edited: readonly EditedEnvironment<Edit>[],
	{ sync, terminal }: { readonly sync: boolean; readonly terminal: Terminal },
	resultOf: (environments: (Edit & SyncReport)[]) => Result,
): Promise<Result> {
	const done: (Edit & SyncReport)[] = [];
	const failures: AppError[] = [];
	for (const { context, edit } of edited) {
		try {
			done.push(await afterEdit(context, edit, { sync, terminal }));
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			failures.push(error.with({ message: `${context.environment}: ${error.message}` }));
			done.push(error.data as Edit & SyncReport);
		}
	}
	const result = resultOf(done);
	const [first] = failures;
	if (first === undefined) return result;
	throw first.with({
		message: failures.map(({ message }) => message).join("\n"),
		hint: [...new Set(failures.map(({ hint }) => hint))].join("\n"),
		data: result,
	});
}
