/** Runs the command line, from the arguments to the exit status. Only `bin/run.js` ends the process. */

import { EXIT } from "../errors.ts";
import { setProxy } from "../http/proxy-settings.ts";
import { withHelpFlag } from "./command-words/help-words.ts";
import { type Commands, findDirectly } from "./direct.ts";
import { reportFailure } from "./shell/failure.ts";
import { readEnvironment, readProxy } from "./shell/process-environment.ts";
import { endingSignal } from "./shell/signals.ts";
import { processTerminal, wantsJson } from "./shell/terminal.ts";

/** `bin/run.js` calls it, so that a keychain that does not answer cannot keep the process alive. */
export { releaseKeychain } from "../identity/keychain/native-keychain.ts";

/** Whether `main` runs a command line without oclif. @param commands as of `main` */
export function isDirect(argv: readonly string[], commands: Commands): boolean {
	return findDirectly(withHelpFlag([...argv]), commands) !== undefined;
}

/**
 * Runs a command that the words name exactly. oclif handles the rest: help, the version, and unknown command lines.
 * Loading oclif takes as long as a small command, so it is loaded only then.
 */
async function runCommand(typed: string[], root: string, commands: Commands): Promise<number> {
	const environment = readEnvironment();
	setProxy(readProxy());
	// Warnings of Node and of packages are for developers. With --json, stderr must contain only a JSON document.
	if (!environment.debug) process.removeAllListeners("warning");
	try {
		const found = findDirectly(typed, commands);
		if (found) return await found.command.run(found.argv);
		const { runWithOclif } = await import("./run-with-oclif.ts");
		return await runWithOclif(typed, root);
	} catch (error) {
		return reportFailure(error, processTerminal(wantsJson(typed), environment), environment);
	}
}

/**
 * Resolves when the reader of the output ends first, as in `coffer … | head`. That is not a failure. A terminal that was
 * closed (`EIO`) ends nothing here, because SIGHUP comes with it, and a command that has work to finish does so.
 */
function outputClosed(): Promise<number> {
	return new Promise((resolve, reject) => {
		for (const stream of [process.stdout, process.stderr]) {
			stream.on("error", (error: NodeJS.ErrnoException) => {
				if (error.code === "EPIPE") resolve(EXIT.ok);
				else if (error.code !== "EIO") reject(error);
			});
		}
	});
}

/**
 * Runs one command line.
 * @param argv the arguments, without the paths of Node and of the script
 * @param root the package's folder, which contains package.json and oclif.manifest.json
 * @param commands the bundle's commands. Without them, oclif finds each command by its manifest
 * @returns the exit status, after all output is flushed
 */
export async function main(argv: string[], root: string, commands: Commands = {}): Promise<number> {
	const closed = outputClosed();
	const status = await Promise.race([runCommand(withHelpFlag(argv), root, commands), endingSignal(), closed]);
	await Promise.race([processTerminal(false, readEnvironment()).flush(), closed]);
	return status;
}
