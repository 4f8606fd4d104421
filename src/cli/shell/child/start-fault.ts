/** Explains why the user's command could not be started. The system reports most causes with the same code. */
import { closeSync, openSync, readSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { AppError, EXIT } from "../../../errors.ts";
import { printable, shellWord } from "../../../printable.ts";

const HINTS: Readonly<Record<string, string>> = {
	E2BIG: "The secrets and the arguments together are larger than the system allows for a process.",
	ERR_INVALID_ARG_VALUE:
		"The command is empty, or a secret contains a NUL character, which no environment variable can contain.",
};
const CHECK = "Check its name, and check that it is executable.";
/** The longest path on Linux, in bytes. */
const PATH_MAX = 4096;
/** The longest first line that the system reads, in bytes. */
const FIRST_LINE_MAX = 256;
/** Only a shell knows what these mean. */
const SHELL_ONLY = /[\s|&;<>$`]|^(?:\.|alias|cd|eval|exec|export|set|source|ulimit|unset)$/;

/** A command, and the variables with which it is started. */
interface Started {
	readonly command: string;
	readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the user reads: a sentence, and what to do. */
interface Fault {
	readonly message: string;
	readonly hint: string;
}

/** The beginning of a file; undefined if it cannot be read. */
function beginningOf(path: string): string | undefined {
	try {
		const file = openSync(path, "r");
		try {
			const bytes = Buffer.alloc(FIRST_LINE_MAX);
			return bytes.toString("latin1", 0, readSync(file, bytes, 0, FIRST_LINE_MAX, 0));
		} finally {
			closeSync(file);
		}
	} catch {
		return undefined;
	}
}

/** The file of a command that the system found, and the text at its beginning. */
function foundFile({ command, environment }: Started): { path: string; text: string } | undefined {
	const folders = command.includes("/") ? [""] : (environment.PATH ?? "").split(delimiter);
	for (const folder of folders) {
		const path = folder === "" ? command : join(folder, command);
		const text = beginningOf(path);
		if (text !== undefined) return { path, text };
	}
	return undefined;
}

/** The name of a file as a pattern in .gitattributes, where a space ends a pattern without quotes. */
function attributesPattern(path: string): string {
	const name = printable(basename(path), PATH_MAX);
	return /[\s"\\]/.test(name) ? JSON.stringify(name) : name;
}

/** The fault of a file that is there: the system names the interpreter's absence as if it were the file's. */
function interpreterFault({ path, text }: { path: string; text: string }): Fault {
	const shown = printable(path);
	const inCommand = shellWord(printable(path, PATH_MAX));
	const [, line] = /^#![ \t]*([^\n]*)/.exec(text) ?? [];
	if (line === undefined)
		return {
			message: `${shown} is there, but the system has no program that loads it.`,
			hint: "It may be a program for another system or another C library.",
		};
	const [interpreter = ""] = line.split(/\s/);
	if (line.endsWith("\r"))
		return {
			message: `${shown} is there, but its first line ends with a Windows line end, which the system takes as part of the interpreter's name.`,
			hint: `To change its line ends: perl -pi -e 's/\\r$//' ${inCommand}\nSo that git keeps them, add the line '${attributesPattern(path)} text eol=lf' to .gitattributes.`,
		};
	return {
		message: `${shown} is there, but its interpreter ${printable(interpreter)} is not.`,
		hint: `Install the interpreter, or change the first line of ${shown}.`,
	};
}

function absenceFault(started: Started): Fault {
	const { command } = started;
	const [, variable] = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(command) ?? [];
	// The value may be a secret.
	if (variable !== undefined)
		return {
			message: `${variable}=… is no command: only a shell sets variables in this way.`,
			hint: `coffer run -- env ${variable}=… COMMAND`,
		};
	const file = foundFile(started);
	if (file) return interpreterFault(file);
	const message = `There is no command ${printable(command)}.`;
	return SHELL_ONLY.test(command)
		? {
				message,
				hint: "No shell reads the command. Give each word as an argument of its own (coffer run -- npm start), or start a shell: coffer run -- sh -c 'COMMAND'",
			}
		: { message, hint: CHECK };
}

/** @returns the error, with exit status 125: `COMMAND_NOT_FOUND` or `COMMAND_NOT_STARTED` */
export function startFault(started: Started, cause: NodeJS.ErrnoException): AppError {
	const isAbsent = cause.code === "ENOENT";
	const message = `${printable(started.command)} could not be started: ${cause.code ?? "unknown error"}.`;
	return new AppError({
		code: isAbsent ? "COMMAND_NOT_FOUND" : "COMMAND_NOT_STARTED",
		...(isAbsent ? absenceFault(started) : { message, hint: HINTS[cause.code ?? ""] ?? CHECK }),
		exit: EXIT.run,
		cause,
	});
}
