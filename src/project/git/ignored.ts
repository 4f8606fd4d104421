/**
 * Whether git would take a file of secrets into a commit, and the line in .gitignore that keeps it from that.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { AppError } from "../../errors.ts";
import { ensureLines } from "../files/managed-lines.ts";
import { repositoryAbove } from "./above.ts";
import { runGit } from "./run.ts";

type Variables = Readonly<Record<string, string>>;

/**
 * `outside`: in no repository. `ignored`: git leaves it alone. `open`: `git add` takes it in. `tracked`: it is in the
 * index already. `unknown`: there is a repository, and git does not say.
 */
export type GitStanding = "outside" | "ignored" | "open" | "tracked" | "unknown";

/** The file itself, through links; of one that is not there yet, where it would be. */
function realPlace(path: string): string {
	const whole = resolve(path);
	try {
		return existsSync(whole) ? realpathSync(whole) : join(realpathSync(dirname(whole)), basename(whole));
	} catch {
		return whole;
	}
}

/** How git stands to a file, which need not exist yet. */
export async function gitStanding(path: string, variables: Variables): Promise<GitStanding> {
	const file = realPlace(path);
	const folder = dirname(file);
	if (!existsSync(folder) || repositoryAbove(folder) === undefined) return "outside";
	// What lies in git's own folder is in no commit.
	if (file.split(sep).includes(".git")) return "outside";
	const place = { folder, variables };
	try {
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

/** Where a line would have git ignore a file. */
export interface IgnoreLine {
	/** Path of the `.gitignore`. */
	readonly file: string;
	readonly line: string;
}

/** The characters that mean something in a pattern. */
const SPECIAL = /[\\*?[\]!#]| +$/g;

/**
 * The line that has git ignore a file: in the project's folder where the file is below it, else beside the file.
 * @param root the project's folder, or any above the file
 */
export function ignoreLine(path: string, root: string): IgnoreLine {
	const file = realPlace(path);
	const below = relative(root, file);
	const folder = below.startsWith("..") || below === "" ? dirname(file) : root;
	const name = relative(folder, file).split(sep).join("/");
	const pattern = name.replace(SPECIAL, (found) => found.replace(/./g, "\\$&"));
	// Without a slash in it, it counts in folders below, too: a second `.env` is no better there.
	return { file: join(folder, ".gitignore"), line: pattern };
}

/** Adds the line. @returns whether git ignores the file now @throws AppError `FILE_UNWRITABLE` (exit 1) */
export async function ignore(
	path: string,
	{ file, line }: IgnoreLine,
	variables: Variables,
): Promise<boolean> {
	await ensureLines(file, [line]);
	return (await gitStanding(path, variables)) === "ignored";
}

/** Whether it is a plain file, and no pipe that was made for one command. */
export function isPlainFile(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
