/**
 * Lists every text of the vault that git keeps: from all refs, reflogs and stash entries, the heads of all worktrees,
 * and the index. The texts only show where something is stored. They are not trusted.
 */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fromUtf8 } from "../../../bytes.ts";
import { LIMITS } from "../../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import { findRepository, noRepositoryNote } from "../repository.ts";
import { type GitContext, type RunOptions, runGit } from "../run.ts";
import { findObjects, readObjects } from "./objects.ts";
import { leftOutNote, readFailed, SHALLOW_NOTE } from "./partial-clone.ts";
import { pathOptions, type VaultPath, vaultPaths } from "./vault-paths.ts";

/** Where git keeps a text. */
export interface KeptText {
	/** `branch` is one that is not checked out; `remote` is a remote branch; `commit` is not the tip of any ref. */
	readonly kind: "index" | "head" | "branch" | "stash" | "remote" | "tag" | "commit";
	/**
	 * A revision for git's commands: a branch's name, `stash@{0}`, an abbreviated commit id. `HEAD` for head, and
	 * empty for the index.
	 */
	readonly rev: string;
	/** The text's object id. */
	readonly blob: string;
	/** Whether HEAD's history has the revision, so that git has nothing to merge, whatever the merge took of it. */
	readonly isMerged: boolean;
	/** The path from the top of the work tree, if it is not the present one: the vault's folder was moved. */
	readonly former?: string;
}

export interface AllTexts {
	/** The best locations first: index, head, branches, stash, remote branches, tags, and other commits, newest first. */
	readonly kept: readonly KeptText[];
	/** The command that git waits for, if a merge, rebase, cherry-pick, revert or `git am` is in progress. */
	readonly operationToFinish: string | undefined;
	/** The object id of the last commit's text, if the index has the same one and nothing else is staged of it. */
	readonly committed: string | undefined;
	/** Sentences about what could not be read, and why. */
	readonly notes: readonly string[];
}

const ORDER: readonly KeptText["kind"][] = ["index", "head", "stash", "branch", "remote", "tag", "commit"];
/**
 * A user may copy this name from an error into a shell, so it must not contain shell syntax. Other refs are
 * shown by their commit.
 */
const REF = /^refs\/(heads|remotes|tags)\/([A-Za-z0-9][A-Za-z0-9._/@+-]*)$/;
const KINDS = { heads: "branch", remotes: "remote", tags: "tag" } as const;

/** Where a text may be. */
export interface Named {
	readonly kind: KeptText["kind"];
	readonly rev: string;
	readonly isMerged: boolean;
}

async function lines(
	place: GitContext,
	args: readonly string[],
	options: RunOptions = {},
): Promise<string[]> {
	const { status, stdout } = await runGit(place, args, options);
	if (status !== 0) throw await readFailed(args[0] ?? "", status, place);
	return stdout.split("\n").filter((line) => line !== "");
}

/** Branches other than the current one, remote branches and tags. */
export async function namedRefs(place: GitContext): Promise<Named[]> {
	const head = await runGit(place, ["rev-parse", "--symbolic-full-name", "HEAD"]);
	const present = head.stdout.trim();
	// Fails in a repository without a commit.
	const merged = await runGit(place, ["for-each-ref", "--merged=HEAD", "--format=%(refname)"]);
	const inHead = new Set(merged.status === 0 ? merged.stdout.split("\n") : []);
	return (await lines(place, ["for-each-ref", "--format=%(refname)"])).flatMap((ref) => {
		const [, folder, rev] = REF.exec(ref) ?? [];
		if (folder === undefined || rev === undefined || ref === present) return [];
		return [{ kind: KINDS[folder as keyof typeof KINDS], rev, isMerged: inHead.has(ref) }];
	});
}

/** The entries of the stash, the newest first. (`git rev-list` prints nothing for `%gd`, the name of an entry.) */
export async function stashEntries(place: GitContext): Promise<Named[]> {
	const { status, stdout } = await runGit(place, ["rev-list", "--walk-reflogs", "refs/stash", "--"]);
	const ids = status === 0 ? stdout.split("\n").filter((line) => line !== "") : [];
	return ids.map((_, index) => ({ kind: "stash", rev: `stash@{${index}}`, isMerged: false }));
}

/** All reachable commits. */
const EVERYWHERE = ["--all", "--reflog"];

/** All reachable commits that changed the vault, newest first. */
async function commits(place: GitContext, paths: readonly VaultPath[]): Promise<Named[]> {
	const changed = ["--full-history", "--abbrev-commit"];
	const at = ["--", ...paths.map(({ pathspec }) => pathspec)];
	const ids = await lines(place, ["rev-list", ...EVERYWHERE, ...changed, ...at], pathOptions(paths));
	// Fails in a repository without a commit.
	const merged = await runGit(place, ["rev-list", ...changed, "HEAD", ...at], pathOptions(paths));
	const inHead = new Set(merged.status === 0 ? merged.stdout.split("\n") : []);
	return ids.map((rev) => ({ kind: "commit", rev, isMerged: inHead.has(rev) }));
}

async function indexBlobs(place: GitContext): Promise<string[]> {
	const listed = await lines(place, ["ls-files", "--stage", "--", VAULT_FILE]);
	return listed.flatMap((line) => /^100[0-7]{3} ([0-9a-f]{40,64}) /.exec(line)?.[1] ?? []);
}

/** Files in git's folder that show that an operation is in progress. */
const UNDER_WAY = [
	["rebase-apply/applying", "git am --continue"],
	["rebase-merge", "git rebase --continue"],
	["rebase-apply", "git rebase --continue"],
	["MERGE_HEAD", "git merge --continue"],
	["CHERRY_PICK_HEAD", "git cherry-pick --continue"],
	["REVERT_HEAD", "git revert --continue"],
] as const;

async function operationToFinish(place: GitContext): Promise<string | undefined> {
	const asked = UNDER_WAY.flatMap(([file]) => ["--git-path", file]);
	const paths = await lines(place, ["rev-parse", ...asked]);
	const at = paths.findIndex((path) => existsSync(isAbsolute(path) ? path : join(place.folder, path)));
	const command = UNDER_WAY[at]?.[1];
	return command === "git am --continue" && !(await hasChanges(place)) ? "git am --abort" : command;
}

/** Whether the index differs from the last commit. It does not after a patch that git could not apply. */
async function hasChanges(place: GitContext): Promise<boolean> {
	return (await runGit(place, ["diff-index", "--cached", "--quiet", "HEAD"])).status !== 0;
}

/**
 * Lists the texts of the vault that git keeps, each once, with its best location.
 * @param place the project's folder
 * @param vaultId the vault, of which texts at other paths are listed too. Without it, only the present path is searched
 * @throws AppError `GIT_FAILED` (exit 1), `GIT_NOT_FOUND` (exit 4)
 */
export async function listTexts(place: GitContext, vaultId?: string): Promise<AllTexts> {
	const repository = await findRepository(place);
	if (!repository) {
		const notes = [noRepositoryNote(place)];
		return { kept: [], operationToFinish: undefined, committed: undefined, notes };
	}
	const head: Named = { kind: "head", rev: "HEAD", isMerged: true };
	const paths = await vaultPaths(place, vaultId, EVERYWHERE);
	const others = [
		...(await namedRefs(place)),
		...(await stashEntries(place)),
		...(await commits(place, paths)),
	];
	const named = [head, ...others].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
	const asked = named.flatMap((name) => paths.map((path) => ({ name, path })));
	const unfetched = new Set<string>();
	const objects = await findObjects(
		place,
		asked.map(({ name, path }) => `${name.rev}:${path.inTree}`),
		(name) => unfetched.add(name),
	);
	const seen = new Set<string>();
	const kept: KeptText[] = [];
	const add = (name: Named, blob: string, former?: string) => {
		if (!seen.has(blob)) kept.push({ ...name, blob, ...(former === undefined ? {} : { former }) });
		seen.add(blob);
	};
	const staged = await indexBlobs(place);
	for (const blob of staged) add({ kind: "index", rev: "", isMerged: true }, blob);
	const last = objects[named.indexOf(head) * paths.length]?.id;
	const committed = staged.length === 1 && staged[0] === last ? last : undefined;
	for (const [index, object] of objects.entries()) {
		const { name, path } = asked[index] ?? {};
		if (name && object?.type === "blob" && object.size <= LIMITS.fileBytes)
			add(name, object.id, path?.former);
	}
	const notes = repository.isShallow ? [SHALLOW_NOTE] : [];
	if (unfetched.size > 0) notes.push(leftOutNote(unfetched.size));
	return { kept, operationToFinish: await operationToFinish(place), committed, notes };
}

/**
 * Reads texts that `listTexts` found.
 * @param visit called with each text that is UTF-8. Nothing is kept
 * @throws AppError `GIT_FAILED`, `FILE_TOO_LARGE` (exit 1)
 */
export async function readTexts(
	place: GitContext,
	kept: readonly KeptText[],
	visit: (kept: KeptText, text: string) => void,
): Promise<void> {
	if (kept.length === 0) return;
	const byBlob = new Map(kept.map((each) => [each.blob, each]));
	await readObjects(place, [...byBlob.keys()], LIMITS.fileBytes, (id, bytes) => {
		const [each, text] = [byBlob.get(id), fromUtf8(bytes)];
		if (each && text !== undefined) visit(each, text);
	});
}
