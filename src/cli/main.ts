/** Runs the command line, from the arguments to the exit status. Only `bin/run.js` ends the process. */
import { Config, type Interfaces, run, settings } from "@oclif/core";
import { EXIT } from "../errors.ts";
import { aliasesOf } from "./command-words/aliases.ts";
import { normalizeCommandLine, requireCommand } from "./command-words/command-line.ts";
import { reportFailure } from "./shell/failure.ts";
import { readEnvironment } from "./shell/process-environment.ts";
import { endingSignal } from "./shell/signals.ts";
import { processTerminal, wantsJson } from "./shell/terminal.ts";
import { usageError } from "./shell/usage.ts";

/** `bin/run.js` calls it, so that a keychain that does not answer cannot keep the process alive. */
export { releaseKeychain } from "../identity/keychain/native-keychain.ts";

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

/** Help and version are looked for by oclif wherever they stand, so an unknown command with them is theirs. */
function asksForHelp(argv: readonly string[]): boolean {
	const end = argv.indexOf("--");
	const words = end === -1 ? argv : argv.slice(0, end);
	return (
		words.length === 0 ||
		words[0] === "--version" ||
		words[0] === "-v" ||
		words.includes("--help") ||
		words.includes("-h")
	);
}

/** The words before the first flag: the command that the user wants help for. Empty for the version. */
function withoutHelpFlags(argv: readonly string[]): string[] {
	const end = argv.findIndex((argument) => argument.startsWith("-"));
	return argv.slice(0, end === -1 ? undefined : end);
}

/** Whether oclif threw the error. The property tells, because plugins bring error classes of their own. */
function isFromOclif(error: unknown): error is Error & { oclif: { exit?: number } } {
	return error instanceof Error && "oclif" in error;
}

/** `help NAME…` as `NAME… --help`. */
function withHelpFlag(argv: string[]): string[] {
	const [first, ...rest] = argv;
	return first === "help" ? [...rest, "--help"] : argv;
}

async function runCommand(typed: string[], root: string): Promise<number> {
	settings.enableAutoTranspile = false;
	const json = wantsJson(typed);
	const environment = readEnvironment();
	// Warnings of Node and of packages are for developers. With --json, stderr must hold only a JSON
	// document.
	if (!environment.debug) process.removeAllListeners("warning");
	try {
		const config = await Config.load({ root, logger, devPlugins: false, userPlugins: false });
		const argv = normalizeCommandLine(config, typed);
		requireCommand(config, asksForHelp(argv) ? withoutHelpFlags(argv) : argv);
		if (asksForHelp(argv)) for (const command of config.commands) command.aliases = aliasesOf(command.id);
		const status: unknown = await run(argv, config);
		return typeof status === "number" ? status : EXIT.ok;
	} catch (error) {
		const ended = isFromOclif(error) && "code" in error && error.code === "EEXIT";
		if (ended) return error.oclif.exit ?? EXIT.ok;
		const failure = isFromOclif(error) ? usageError("There is no such command or topic.", "") : error;
		return reportFailure(failure, processTerminal(json, environment), environment);
	}
}

/** Resolves when the reader of the output ends first, as in `coffer … | head`. That is not a failure. */
function outputClosed(): Promise<number> {
	return new Promise((resolve, reject) => {
		for (const stream of [process.stdout, process.stderr]) {
			stream.on("error", (error: NodeJS.ErrnoException) =>
				error.code === "EPIPE" ? resolve(EXIT.ok) : reject(error),
			);
		}
	});
}

/**
 * Runs one command line.
 * @param argv the arguments, without the paths of Node and of the script
 * @param root the package's folder, which contains package.json and oclif.manifest.json
 * @returns the exit status, after all output is flushed
 */
export async function main(argv: string[], root: string): Promise<number> {
	const closed = outputClosed();
	const status = await Promise.race([runCommand(withHelpFlag(argv), root), endingSignal(), closed]);
	await Promise.race([processTerminal(false, readEnvironment()).flush(), closed]);
	return status;
}
