/** Detects, without starting git, whether git is changing the files of a working tree. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { repositoryAbove } from "./repository-above.ts";

/**
 * Files and folders in git's folder that exist while git runs, or while a merge, rebase or cherry-pick is not finished.
 */
const SIGNS = [
	"index.lock",
	"HEAD.lock",
	"MERGE_HEAD",
	"CHERRY_PICK_HEAD",
	"REVERT_HEAD",
	"rebase-merge",
	"rebase-apply",
	"sequencer",
];

/** Git's folder of a working tree. In a linked working tree `.git` is a file that names it. */
function gitFolder(top: string): string {
	const path = join(top, ".git");
	if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return path;
	const text = fromUtf8(readBoundedSync(path, FILE_BYTES.settings)) ?? "";
	return resolve(top, /^gitdir: (.*)$/m.exec(text)?.[1] ?? ".git");
}

/** Whether git runs in the working tree of a folder, or a merge, rebase or cherry-pick is unfinished there. */
export function isGitBusy(folder: string): boolean {
	const top = repositoryAbove(folder);
	if (top === undefined) return false;
	const git = gitFolder(top);
	return SIGNS.some((name) => existsSync(join(git, name)));
}
