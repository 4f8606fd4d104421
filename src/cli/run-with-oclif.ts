/** Runs a command line through oclif: it finds the command in the manifest, and shows help and the version. */

import type { Interfaces } from "@oclif/core";
import { Config } from "@oclif/core/config";
import { run } from "@oclif/core/run";
import { settings } from "@oclif/core/settings";
import { EXIT } from "../errors.ts";
import { aliasesOf } from "./command-words/aliases.ts";
import { normalizeCommandLine, requireCommand } from "./command-words/command-line.ts";
import { asksForHelp } from "./command-words/help-words.ts";
import { usageError } from "./shell/usage.ts";

const silent = (): void => {};

/**
 * A logger that prints nothing, because oclif's debug log prints whole command lines, with the values in
 * them.
 */
const logger: Interfaces.Logger = {
	namespace: "oclif",
	child: () => logger,
	debug: silent,
	error: silent,
	info: silent,
	trace: silent,
	warn: silent,
};

/** The words before the first flag, which name the command of the requested help. Empty for the version. */
function withoutHelpFlags(argv: readonly string[]): string[] {
	const end = argv.findIndex((argument) => argument.startsWith("-"));
	return argv.slice(0, end === -1 ? undefined : end);
}

/**
 * Adds the aliases of the named command, which its help shows. Other commands get no aliases, because help would list
 * them as commands.
 */
function addAliases(config: Config, words: readonly string[]): void {
	for (const command of config.commands) {
		const length = command.id.split(":").length;
		if (command.id === words.slice(0, length).join(":")) command.aliases = aliasesOf(command.id);
	}
}

/** Whether oclif threw the error. Checks a property, because plugins have their own error classes. */
function isFromOclif(error: unknown): error is Error & { oclif: { exit?: number } } {
	return error instanceof Error && "oclif" in error;
}

/**
 * Runs a command line.
 * @param root the package's folder, which contains package.json and oclif.manifest.json
 * @returns the exit status
 * @throws AppError `USAGE` (exit 2) if there is no such command
 */
export async function runWithOclif(typed: string[], root: string): Promise<number> {
	settings.enableAutoTranspile = false;
	try {
		const config = await Config.load({ root, logger, devPlugins: false, userPlugins: false });
		const argv = normalizeCommandLine(config, typed);
		const words = asksForHelp(argv) ? withoutHelpFlags(argv) : argv;
		requireCommand(config, words);
		if (asksForHelp(argv)) addAliases(config, words);
		const status: unknown = await run(argv, config);
		return typeof status === "number" ? status : EXIT.ok;
	} catch (error) {
		if (!isFromOclif(error)) throw error;
		if ("code" in error && error.code === "EEXIT") return error.oclif.exit ?? EXIT.ok;
		throw usageError("There is no such command or topic.", "");
	}
}
