/** Finds the git program, and checks that it is new enough. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";

/** The oldest git that Coffer is tested with. */
const OLDEST = [2, 30] as const;

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/**
 * The absolute path of git. Relative folders in PATH are skipped: they would resolve in the folder in which git runs,
 * which may be untrusted.
 * @throws AppError `GIT_NOT_FOUND` (exit 4)
 */
export function findGit(variables: Readonly<Record<string, string>>): string {
	const isWindows = process.platform === "win32";
	const [, path] = Object.entries(variables).find(([name]) =>
		isWindows ? name.toUpperCase() === "PATH" : name === "PATH",
	) ?? ["PATH", "/usr/local/bin:/usr/bin:/bin"];
	const found = path
		.split(delimiter)
		.filter(isAbsolute)
		.map((folder) => join(folder, isWindows ? "git.exe" : "git"))
		.find(isProgram);
	if (found !== undefined) return found;
	throw new AppError({
		code: "GIT_NOT_FOUND",
		message: "The command 'git' was not found.",
		hint: "Install git, and run the command again.",
		exit: EXIT.notFound,
	});
}

/** @param answer what `git version` prints @throws AppError `GIT_TOO_OLD` (exit 1) */
export function requireVersion(answer: string): void {
	const [, major, minor] = /^git version ([0-9]{1,6})\.([0-9]{1,6})/.exec(answer) ?? [];
	const isEnough = Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
	if (isEnough) return;
	throw new AppError({
		code: "GIT_TOO_OLD",
		message: `Coffer needs git ${OLDEST.join(".")} or later; git says '${printable(answer.trim(), 60)}'.`,
		hint: "Install a newer git, and run the command again.",
		exit: EXIT.failure,
	});
}
