/** Lists the files of folders that a scan reads: as git sees them, or all of them where there is no git. */
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { fromUtf8 } from "../../../bytes.ts";
import { AppError } from "../../../errors.ts";
import { listWorkTree } from "../../git/listing/work-tree.ts";
import { mayHaveRepository, unnamed } from "../../git/repository-above.ts";
import { type GitContext, runGit } from "../../git/run.ts";
import { systemPath, toBytePath } from "./byte-path.ts";

/** Folders that hold the files of others, which nobody edits by hand. */
const SKIPPED = new Set([".git", "node_modules"]);

/** What a scan could not look at. */
export interface Gaps {
	/** Files that cannot be read, with the system's code. */
	readonly unread: { readonly file: string; readonly code: string }[];
	/** The number of tracked files that the working tree does not have: deleted, or left out of a sparse checkout. */
	absent: number;
}

type Variables = GitContext["variables"];

function codeOf(error: unknown): string {
	return (error as NodeJS.ErrnoException).code ?? "UNKNOWN";
}

/** All files below a folder, but for `SKIPPED` folders. Links are files; they are not followed. */
function* walk(folder: string, unread: (path: string, code: string) => void): Generator<string> {
	const names: string[] = [];
	try {
		const read = readdirSync(systemPath(folder), { encoding: "buffer" });
		names.push(...read.map(toBytePath).sort());
	} catch (error) {
		unread(folder, codeOf(error));
	}
	for (const name of names) {
		const path = `${folder}/${name}`;
		const stats = lstatSync(systemPath(path), { throwIfNoEntry: false });
		if (!stats?.isDirectory()) yield path;
		else if (!SKIPPED.has(name)) yield* walk(path, unread);
	}
}

/** Whether git lists the files of a folder: it is in a repository, and not ignored there. */
async function isListedByGit(place: GitContext): Promise<boolean> {
	if (!mayHaveRepository(place)) return false;
	try {
		const inside = await runGit(place, ["rev-parse", "--is-inside-work-tree"]);
		if (inside.status !== 0 || inside.stdout.trim() !== "true") return false;
		const ignored = await runGit(place, ["check-ignore", "--quiet", "--", "."], { seen: "path-syntax" });
		return ignored.status !== 0;
	} catch (error) {
		if (error instanceof AppError && error.code === "GIT_NOT_FOUND") return false;
		throw error;
	}
}

/** The folder for git, if git can list its files: a process cannot start in a folder whose path is not UTF-8. */
async function forGit(folder: string, variables: Variables): Promise<GitContext | undefined> {
	const text = fromUtf8(systemPath(folder));
	if (text === undefined) return undefined;
	const place = { folder: text, variables };
	return (await isListedByGit(place)) ? place : undefined;
}

/**
 * The files below a folder, as byte paths: those that git tracks or would add, also in submodules. If git does not
 * list the folder, every file but those of git and of packages.
 * @param folder a byte path
 * @param gaps what is missing is added here
 * @throws AppError as `listWorkTree`
 */
export async function* filesBelow(folder: string, variables: Variables, gaps: Gaps): AsyncGenerator<string> {
	const everything = (from: string) => walk(from, (file, code) => gaps.unread.push({ file, code }));
	const place = await forGit(folder, variables);
	if (!place) {
		yield* everything(folder);
		return;
	}
	for (const path of await listWorkTree(place)) {
		const whole = `${folder}/${path}`;
		const stats = lstatSync(systemPath(whole), { throwIfNoEntry: false });
		if (!stats) gaps.absent++;
		else if (!stats.isDirectory()) yield whole;
		// A submodule that is not checked out is no repository. GIT_DIR names the one around it.
		else if (existsSync(systemPath(`${whole}/.git`))) yield* filesBelow(whole, unnamed(variables), gaps);
		else yield* everything(whole);
	}
}
