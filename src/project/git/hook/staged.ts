/** Lists the files that the next commit would change, from git's index. */
import { type GitContext, gitFailed, gitOutput, runGit } from "../run.ts";

/** A file in the index that differs from a commit's. */
export interface StagedFile {
	/** Relative to the top of the working tree. */
	readonly path: string;
	/** A mode that does not begin with `100` is a link, a submodule, or an unfinished merge. */
	readonly mode: string;
	/** The object id of its content. */
	readonly id: string;
	/** The object id of the commit's content; zeros if the commit does not have the file. */
	readonly idBefore: string;
}

/** `:MODE-BEFORE MODE ID-BEFORE ID STATUS`; ids have 40 or 64 characters. */
const CHANGE_WORDS = 5;

/** The tree of the last commit, or an empty tree before the first commit. @throws AppError as `runGit` */
export async function lastTree(place: GitContext): Promise<string> {
	const { status, stdout } = await runGit(place, ["rev-parse", "--quiet", "--verify", "HEAD^{tree}"]);
	return status === 0 ? stdout.trim() : gitOutput(place, ["hash-object", "-t", "tree", "--stdin"]);
}

/**
 * The files in the index that differ from a commit. Files that the index lacks are not listed. Uses a plumbing
 * command, which neither refreshes the index nor prints a diff.
 * @param tree a commit or tree
 * @throws AppError as `gitOutput`
 */
export async function stagedSince(place: GitContext, tree: string): Promise<StagedFile[]> {
	const options = ["--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"];
	const kinds = ["--ignore-submodules=dirty", "--diff-filter=d"];
	const listed = await gitOutput(place, ["diff-index", ...options, ...kinds, tree, "--"]);
	const words = listed.split("\0");
	const found: StagedFile[] = [];
	for (let index = 0; index + 1 < words.length; index += 2) {
		const path = words[index + 1] ?? "";
		const parts = words[index]?.split(" ") ?? [];
		const [before, mode, idBefore, id] = parts;
		const isChange = parts.length === CHANGE_WORDS && before?.startsWith(":");
		if (!isChange || mode === undefined || id === undefined || idBefore === undefined)
			throw gitFailed("diff-index", 0, place);
		found.push({ path, mode, id, idBefore });
	}
	return found;
}

/**
 * Whether a staged file is the same in another commit.
 * @param differing the files in the index that differ from that commit
 * @param staged the files in the index that differ from HEAD
 */
export function hasFileOf(differing: readonly StagedFile[], staged: readonly StagedFile[]): boolean {
	const paths = new Set(differing.map(({ path }) => path));
	return staged.some(({ path }) => !paths.has(path));
}
