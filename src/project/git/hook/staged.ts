/**
 * What the next commit would change, as git's index has it.
 */
import { type GitPlace, gitFailed, gitOutput, runGit } from "../run.ts";

/** A file in the index that is not what a commit has. */
export interface StagedFile {
	/** From the top of the working tree. */
	readonly path: string;
	/** Anything else than `100…` is a link, a submodule, or a merge that is not done. */
	readonly mode: string;
	/** Of its content. */
	readonly id: string;
	/** Of the commit's content; zeros where it has none. */
	readonly idBefore: string;
}

const CHANGE = /^:([0-7]{6}) ([0-7]{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [A-Z]/;

/** The tree of the last commit, or an empty one before the first. @throws AppError as `runGit` */
export async function lastTree(place: GitPlace): Promise<string> {
	const { status, stdout } = await runGit(place, ["rev-parse", "--quiet", "--verify", "HEAD^{tree}"]);
	return status === 0 ? stdout.trim() : gitOutput(place, ["hash-object", "-t", "tree", "--stdin"]);
}

/**
 * The files of the index that are not as in a commit, without those that the index lacks. Plumbing: it neither refreshes
 * the index nor shows a difference.
 * @param tree a commit or tree
 * @throws AppError as `gitOutput`
 */
export async function stagedSince(place: GitPlace, tree: string): Promise<StagedFile[]> {
	const options = ["--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"];
	const kinds = ["--ignore-submodules=dirty", "--diff-filter=d"];
	const listed = await gitOutput(place, ["diff-index", ...options, ...kinds, tree, "--"]);
	const words = listed.split("\0");
	const found: StagedFile[] = [];
	for (let index = 0; index + 1 < words.length; index += 2) {
		const path = words[index + 1] ?? "";
		const [, , mode, idBefore, id] = CHANGE.exec(words[index] ?? "") ?? [];
		if (mode === undefined || id === undefined || idBefore === undefined)
			throw gitFailed("diff-index", 0, place);
		found.push({ path, mode, id, idBefore });
	}
	return found;
}
