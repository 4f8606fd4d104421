/** Checks whether git would commit a file of secrets, and adds the line to .gitignore that prevents it. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { AppError } from "../../errors.ts";
import { shellWord } from "../../printable.ts";
import { ensureLines } from "../files/managed-lines.ts";
import { workTreeAround } from "./repository.ts";
import { isNamed, repositoryAbove, unnamed } from "./repository-above.ts";
import { type GitContext, runGit } from "./run.ts";

type Variables = Readonly<Record<string, string>>;

/**
 * `outside`: the file is in no repository. `ignored`: git ignores it. `open`: `git add` would add it. `tracked`: it is
 * in the index. `unknown`: git cannot run.
 */
export type GitFileState = "outside" | "ignored" | "open" | "tracked" | "unknown";

/** The real path of a file; for a missing file, the path that it would have. */
function realPathOf(path: string): string {
	const whole = resolve(path);
	try {
		return existsSync(whole) ? realpathSync(whole) : join(realpathSync(dirname(whole)), basename(whole));
	} catch {
		return whole;
	}
}

/**
 * How git is to be asked about the files of a folder; undefined if no repository would commit them. A file outside the
 * working tree that GIT_DIR names may be in another repository.
 */
async function placeOf(folder: string, variables: Variables): Promise<GitContext | undefined> {
	const place = { folder, variables };
	if (isNamed(variables) && (await workTreeAround(place)) !== undefined) return place;
	return repositoryAbove(folder) === undefined ? undefined : { folder, variables: unnamed(variables) };
}

/** The state of a file in git. The file need not exist. */
export async function readGitFileState(path: string, variables: Variables): Promise<GitFileState> {
	const file = realPathOf(path);
	const folder = dirname(file);
	// Files in git's own folder are never committed.
	if (!existsSync(folder) || file.split(sep).includes(".git")) return "outside";
	try {
		const place = await placeOf(folder, variables);
		if (place === undefined) return "outside";
		const tracked = await runGit(place, ["ls-files", "-z", "--", basename(file)]);
		if (tracked.status === 0 && tracked.stdout !== "") return "tracked";
		const { status } = await runGit(place, ["check-ignore", "--quiet", "--", `./${basename(file)}`], {
			seen: "path-syntax",
		});
		return status === 0 ? "ignored" : status === 1 ? "open" : "unknown";
	} catch (error) {
		if (error instanceof AppError) return "unknown";
		throw error;
	}
}

/** A line that makes git ignore a file. */
export interface IgnoreLine {
	/** Path of the `.gitignore`. */
	readonly file: string;
	readonly line: string;
}

/** The special characters of a pattern. */
const SPECIAL = /[\\*?[\]!#]| +$/g;

/**
 * The line that makes git ignore a file: in the project's folder if it contains the file, otherwise beside the
 * file.
 * @param root the project's folder, or any folder above the file
 */
export function ignoreLine(path: string, root: string): IgnoreLine {
	const file = realPathOf(path);
	const below = relative(root, file);
	const folder = below.startsWith("..") || below === "" ? dirname(file) : root;
	const name = relative(folder, file).split(sep).join("/");
	const pattern = name.replace(SPECIAL, (found) => found.replace(/./g, "\\$&"));
	// Without a slash, the pattern also matches in folders below. A second `.env` there must not be committed
	// either.
	return { file: join(folder, ".gitignore"), line: pattern };
}

/** Whether the text of a file is empty or ends with a line end. */
function endsLine(file: string): boolean {
	try {
		const last = readBoundedSync(file, FILE_BYTES.text).at(-1);
		return last === undefined || last === "\n".charCodeAt(0);
	} catch {
		// An empty line too many does no harm.
		return false;
	}
}

/**
 * The command that adds a line to a file.
 * @param shown the path of the file, as the command names it
 */
export function appendCommand(line: string, file: string, shown: string): string {
	// Otherwise the line would become a part of the last one.
	const isEnded = !existsSync(file) || endsLine(file);
	return `${isEnded ? "echo" : "printf '\\n%s\\n'"} ${shellWord(line)} >> ${shellWord(shown)}`;
}

/** Adds the line. @returns whether git ignores the file now @throws AppError `FILE_UNWRITABLE` (exit 1) */
export async function ignore(
	path: string,
	{ file, line }: IgnoreLine,
	variables: Variables,
): Promise<boolean> {
	await ensureLines(file, [line]);
	return (await readGitFileState(path, variables)) === "ignored";
}

/** Whether the path is a regular file, and not a pipe that was made for one command. */
export function isPlainFile(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
