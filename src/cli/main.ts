/**
 * The command line from arguments to exit status. Nothing below ends the process: `bin/run.js` does.
 */
import { Config, type Interfaces, run, settings } from "@oclif/core";
import { EXIT } from "../errors.ts";
import { aliasesOf } from "./command-words/aliases.ts";
import { inOwnWords, requireCommand } from "./command-words/command-line.ts";
import { reportFailure } from "./shell/failure.ts";
import { readEnvironment } from "./shell/process-environment.ts";
import { endingSignal } from "./shell/signals.ts";
import { processTerminal, wantsJson } from "./shell/terminal.ts";
import { usageError } from "./shell/usage.ts";

/** For `bin/run.js`: a keychain that never answers must not keep the process from ending. */
export { releaseKeychain } from "../identity/keychain/native-keychain.ts";

const silent = (): void => {};

/** oclif's debug log prints whole command lines, values included; it gets nothing to print to. */
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
	const own = end === -1 ? argv : argv.slice(0, end);
	return (
		own.length === 0 ||
		own[0] === "--version" ||
		own[0] === "-v" ||
		own.includes("--help") ||
		own.includes("-h")
	);
}

/** What help is asked for: the words before the first flag. Nothing for the version. */
function withoutHelpFlags(argv: readonly string[]): string[] {
	const end = argv.findIndex((argument) => argument.startsWith("-"));
	return argv.slice(0, end === -1 ? undefined : end);
}

/** An exit or a complaint of oclif's, known by its mark. */
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
	// Node's and packages' warnings are for developers, and stderr is a document under --json.
	if (!environment.debug) process.removeAllListeners("warning");
	try {
		const config = await Config.load({ root, logger, devPlugins: false, userPlugins: false });
		const argv = inOwnWords(config, typed);
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

/** Resolves when nobody reads stdout any more: `coffer … | head` is no failure. */
function readerGone(): Promise<number> {
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
 * @param argv the arguments without node and script
 * @param root the package's folder, where package.json and oclif.manifest.json are
 * @returns the exit status; everything that was written is flushed
 */
export async function main(argv: string[], root: string): Promise<number> {
	const gone = readerGone();
	const status = await Promise.race([runCommand(withHelpFlag(argv), root), endingSignal(), gone]);
	await Promise.race([processTerminal(false, readEnvironment()).flush(), gone]);
	return status;
}
