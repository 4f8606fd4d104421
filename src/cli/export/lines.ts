/** Formats of lines: for a shell, for Docker's `--env-file`, and for the file `$GITHUB_ENV` of GitHub Actions. */
import { randomBytes } from "../../crypto.ts";
import type { ExportFormat } from "./format.ts";

/**
 * Variables that bash sets, reads or protects itself, so that an assignment has another effect than in other
 * programs.
 */
const OF_BASH =
	/^(?:_|UID|EUID|PPID|GROUPS|DIRSTACK|FUNCNAME|PIPESTATUS|SHELLOPTS|LINENO|SECONDS|S?RANDOM|EPOCHSECONDS|EPOCHREALTIME|HISTCMD|OPTIND|OPTERR|POSIXLY_CORRECT|SHLVL|BASH.*|COMP_.*)$/;

/** `export NAME='VALUE'` lines, for `eval` in a POSIX shell. */
export const writeShell: ExportFormat = {
	isRun: true,
	refusal(name) {
		if (/^[0-9]/.test(name)) return "shells cannot export a name that begins with a digit";
		return OF_BASH.test(name) ? "shells use this name for themselves" : undefined;
	},
	write: (secrets) =>
		[...secrets].map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join(""),
};

/** Docker reads lines with Go's scanner, whose longest line has 64 KiB with its line break. */
const DOCKER_LINE_BYTES_MAX = 65_534;

/** `NAME=VALUE` lines as `docker run --env-file` reads them. */
export const writeDocker: ExportFormat = {
	isRun: false,
	refusal(name, value) {
		if (/[\r\n]/.test(value)) return "it has a line end, and each line of the file is a variable";
		if (/^(['"]).*\1$/s.test(value))
			return "it begins and ends with a quote, which newer versions of Docker remove";
		return Buffer.byteLength(`${name}=${value}`) > DOCKER_LINE_BYTES_MAX
			? "its line would be longer than 64 KiB"
			: undefined;
	},
	write: (secrets) => [...secrets].map(([name, value]) => `${name}=${value}\n`).join(""),
};

/** A line that is not in the value. An attacker who chooses the value does not know it. */
function delimiterFor(value: string): string {
	for (;;) {
		const delimiter = `coffer_${Buffer.from(randomBytes(18)).toString("hex")}`;
		if (!value.includes(delimiter)) return delimiter;
	}
}

/** Lines for `$GITHUB_ENV`: each value is between two lines with a random delimiter. */
export const writeGithub: ExportFormat = {
	isRun: true,
	refusal(name, value) {
		if (/^(?:GITHUB|RUNNER)_/i.test(name)) return "GitHub Actions sets such names itself";
		return value.endsWith("\r")
			? "it ends with a carriage return, which a runner on Windows drops"
			: undefined;
	},
	write: (secrets) =>
		[...secrets]
			.map(([name, value]) => {
				const delimiter = delimiterFor(value);
				return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
			})
			.join(""),
};
