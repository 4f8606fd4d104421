/**
 * Collects the names and the values for `coffer import base44`. Base44 lists the names of an app's secrets
 * but never their values, so the user types each value, or a file contains it.
 */
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { bindingOf, isTargetBinding, readConfig } from "../../project/files/config.ts";
import { readTargetMemory, type TargetId } from "../../project/memory/target-memory.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { BASE44, BASE44_ORIGIN } from "../../targets/base44/kind.ts";
import { linkedTarget } from "../../targets/linked.ts";
import { allowedTarget } from "../../targets/pin.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import { base44AppId } from "../base44/app-id.ts";
import { readEnvFile } from "../edits/secret-values.ts";
import type { Environment } from "../shell/process-environment.ts";
import { promptValue } from "../shell/prompts.ts";
import type { Terminal } from "../shell/terminal.ts";

/** The largest number of names that an error lists. */
const SHOWN_MAX = 100;

/**
 * The app to import from: the one that flags name, or else the one that the environment is linked with, if
 * this device may send a key to that address.
 * @throws AppError as `BASE44.identify`, `base44AppId` and `allowedTarget`
 */
export async function importSource(
	session: VaultSession,
	given: { readonly app: string | undefined; readonly url: string | undefined },
	environment: Environment,
): Promise<TargetId> {
	const { root, environment: name } = session.context;
	const binding = bindingOf(await readConfig(root), name);
	const isWhole = given.app !== undefined && given.url !== undefined;
	const linked =
		isTargetBinding(binding) && binding.kind === BASE44.name && !isWhole
			? allowedTarget(
					session,
					await readTargetMemory(session.place),
					await linkedTarget(session.context, binding),
				)
			: undefined;
	const app = given.app ?? linked?.app ?? (await base44AppId(undefined, root, environment));
	return BASE44.identify(given.url ?? linked?.origin ?? environment.base44Url ?? BASE44_ORIGIN, app);
}

/** The names at Base44, grouped by what the import does with them. Each list is sorted. */
export interface SortedNames {
	readonly wanted: readonly string[];
	/** The vault has a secret of that name already. */
	readonly kept: readonly string[];
	/** A secret in Coffer cannot have that name. */
	readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Groups the names. @param overwrite whether to import also the names that the vault has */
export function sortNames(session: VaultSession, names: readonly string[], overwrite: boolean): SortedNames {
	const { records } = session.verified.section;
	const wanted: string[] = [];
	const kept: string[] = [];
	const refused: { name: string; reason: string }[] = [];
	for (const name of [...names].sort(compareNames)) {
		try {
			checkSecretName(name);
			(records.get(name)?.kind === "live" && !overwrite ? kept : wanted).push(name);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			refused.push({ name: printable(name), reason: error.message });
		}
	}
	return { wanted, kept, refused };
}

function needsValues(names: readonly string[]): AppError {
	const more = names.length > SHOWN_MAX ? ` and ${names.length - SHOWN_MAX} more` : "";
	return new AppError({
		code: "IMPORT_NEEDS_VALUES",
		message: `Base44 does not return the values of its secrets, and there is no terminal to ask for them: ${names.slice(0, SHOWN_MAX).join(", ")}${more}.`,
		hint: "Write the values to a .env file that git ignores, and pass the file: --env-file FILE.",
		exit: EXIT.usage,
	});
}

/**
 * Reads the values of the wanted names from a file, or asks for each one at a hidden prompt.
 * @throws AppError `IMPORT_NEEDS_VALUES` (exit 2) without a file and a terminal, and as `readEnvFile`
 */
export async function importValues(
	wanted: readonly string[],
	envFile: string | undefined,
	terminal: Terminal,
): Promise<Map<string, string>> {
	const values = new Map<string, string>();
	if (envFile !== undefined) {
		const pairs = await readEnvFile(envFile, terminal);
		for (const name of wanted) {
			const value = pairs.get(name);
			if (value !== undefined) values.set(name, value);
		}
		return values;
	}
	if (wanted.length > 0 && !terminal.interactive) throw needsValues(wanted);
	for (const name of wanted) {
		const value = await promptValue(
			terminal,
			`Value of ${name} (press Enter to skip)`,
			"Pass --env-file FILE.",
		);
		if (value !== "") values.set(name, value);
	}
	return values;
}
