/** Reads the versions of the vault in git's history, each distinct text once. */
import { fromUtf8 } from "../../../bytes.ts";
import { LIMITS } from "../../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import { findRepository, noRepositoryNote } from "../repository.ts";
import { type GitContext, runGit } from "../run.ts";
import { findObjects, readObjects } from "./objects.ts";
import { leftOutNote, readFailed, SHALLOW_NOTE } from "./partial-clone.ts";
import { pathOptions, type VaultPath, vaultPaths } from "./vault-paths.ts";

/** The first commit that has a text of the vault. */
export interface Commit {
	/** Abbreviated by git. */
	readonly id: string;
	/** The author's date in milliseconds since 1970; null if it is not a valid date. */
	readonly atMs: number | null;
}

/** The result of reading a history. */
export interface GitHistory {
	/** The number of commits that changed the vault; undefined if there is no history. */
	readonly commits: number | undefined;
	/** Sentences about what could not be read, and why. */
	readonly notes: readonly string[];
}

const DATE_MS_MAX = 8_640_000_000_000_000;
/** The format of one commit's line. Git writes another line before it. */
const LINE = /^([0-9a-f]{40,64}) ([0-9a-f]+) (-?[0-9]+)$/;

/** `head`: commits that HEAD reaches. `everywhere`: also those that any ref, stash entry or reflog reaches. */
export type HistoryOf = "head" | "everywhere";

interface Listed extends Commit {
	readonly fullId: string;
}

function parseCommits(text: string): Listed[] {
	return text.split("\n").flatMap((line) => {
		const [, fullId, id, seconds] = LINE.exec(line) ?? [];
		if (fullId === undefined || id === undefined) return [];
		const atMs = Number(seconds) * 1000;
		return [{ fullId, id, atMs: Math.abs(atMs) <= DATE_MS_MAX ? atMs : null }];
	});
}

/**
 * The commits that changed the vault, parents before children. The side of a merge that was not kept is included,
 * because it may contain a value that somebody needs.
 */
async function listCommits(
	place: GitContext,
	walk: readonly string[],
	paths: readonly VaultPath[],
): Promise<Listed[] | undefined> {
	const order = ["--topo-order", "--reverse", "--full-history", "--format=%H %h %at"];
	const args = ["rev-list", ...order, ...walk, "--", ...paths.map(({ pathspec }) => pathspec)];
	const { status, stdout } = await runGit(place, args, pathOptions(paths));
	if (status === 0) return parseCommits(stdout);
	const head = await runGit(place, ["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]);
	if (head.status !== 0) return undefined;
	throw await readFailed("rev-list", status, place);
}

interface Texts {
	/** The first commit of each text of the vault, by the text's id. */
	readonly firsts: ReadonlyMap<string, Commit>;
	/** The first commit without a vault, or with something else at its path. */
	readonly without: Commit | undefined;
	/** The number of texts that a partial clone left out. */
	readonly leftOut: number;
}

async function findTexts(
	place: GitContext,
	commits: readonly Listed[],
	paths: readonly VaultPath[],
): Promise<Texts> {
	const names = commits.flatMap(({ fullId }) => paths.map(({ inTree }) => `${fullId}:${inTree}`));
	const unfetched = new Set<string>();
	const objects = await findObjects(place, names, (name) => unfetched.add(name));
	const firsts = new Map<string, Commit>();
	let without: Commit | undefined;
	for (const [index, { fullId, id, atMs }] of commits.entries()) {
		const found = objects
			.slice(index * paths.length, (index + 1) * paths.length)
			.filter((object) => object?.type === "blob" && object.size <= LIMITS.fileBytes);
		const isLeftOut = paths.some(({ inTree }) => unfetched.has(`${fullId}:${inTree}`));
		if (found.length === 0 && !isLeftOut) without ??= { id, atMs };
		for (const object of found) if (object && !firsts.has(object.id)) firsts.set(object.id, { id, atMs });
	}
	return { firsts, without, leftOut: unfetched.size };
}

/**
 * Reads every text that the vault has had in a history, the earliest first, each once.
 * @param place the project's folder
 * @param visit gets the text (undefined if it is not UTF-8) and the first commit that has it
 * @param from which history
 * @param vaultId the vault, of which texts at other paths are read too: its folder may have been moved
 * @throws AppError `GIT_FAILED` (exit 1), `GIT_NOT_FOUND` (exit 4)
 */
export async function readVaultHistory(
	place: GitContext,
	visit: (commit: Commit, text: string | undefined) => void,
	from: HistoryOf = "head",
	vaultId?: string,
): Promise<GitHistory> {
	const repository = await findRepository(place);
	if (!repository) return { commits: undefined, notes: [noRepositoryNote(place)] };
	const walk = from === "everywhere" ? ["--all", "--reflog"] : ["HEAD"];
	const paths = await vaultPaths(place, vaultId, walk);
	const commits = await listCommits(place, walk, paths);
	if (!commits) return { commits: undefined, notes: ["There is no commit in git yet."] };
	const { firsts, leftOut, without } = await findTexts(place, commits, paths);
	await readObjects(place, [...firsts.keys()], LIMITS.fileBytes, (id, bytes) => {
		const commit = firsts.get(id);
		if (commit) visit(commit, fromUtf8(bytes));
	});
	const notes: string[] = [];
	if (repository.isShallow) notes.push(SHALLOW_NOTE);
	if (leftOut > 0) notes.push(leftOutNote(leftOut));
	// Git's answer is the same for a deleted file and for one that its store has lost.
	if (without)
		notes.push(`Not every commit has a ${VAULT_FILE} that git can give (the first without: ${without.id}).`);
	return { commits: commits.length, notes };
}
