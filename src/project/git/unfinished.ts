/**
 * The sides of a merge, rebase, cherry-pick or stash that git has not finished, from git's index and heads. They are
 * complete, even if the file in the working folder is not.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import { readWhole } from "../files/atomic-file.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { vaultTextOf } from "../files/vault-text.ts";
import { findObjects, readObjects } from "./history/objects.ts";
import { hasFileOf, stagedSince } from "./hook/staged.ts";
import { type GitContext, gitOutput, runGit } from "./run.ts";

/** The commit that git is merging into HEAD. */
export interface OtherHead {
	/** Git's name for it: `MERGE_HEAD`, `CHERRY_PICK_HEAD` or `REBASE_HEAD`; `SQUASH_MSG` for a squashed branch. */
	readonly label: string;
	/** The commit's id. */
	readonly id: string;
	/** Ids of the merge bases. */
	readonly bases: readonly string[];
}

/** Complete texts of the vault. */
export interface MergeTexts {
	/** Git's names for the sides. */
	readonly labels: { readonly ours: string; readonly theirs: string };
	readonly ours: string;
	readonly theirs: string;
	/** The merge bases; empty if unknown. */
	readonly bases: readonly string[];
	/** Whether git's index still has the file as unmerged. */
	readonly unmerged: boolean;
	/**
	 * Whether the merge is certain only if the vault contains a part of it (`isMergeIn`): SQUASH_MSG may be a leftover.
	 */
	readonly isUncertain: boolean;
}

/**
 * Whether a rebase is merging. REBASE_HEAD alone does not show it: the file remains after a rebase, and a rebase that
 * stopped for an edit has nothing to merge.
 */
async function isRebasing(place: GitContext): Promise<boolean> {
	const asked = ["rev-parse", "--git-path", "rebase-merge", "--git-path", "rebase-apply"];
	const [merging = "", applying = ""] = (await gitOutput(place, asked))
		.split("\n")
		.map((path) => resolve(place.folder, path));
	// `git am` uses the folder of a rebase too.
	return (
		existsSync(join(applying, "rebasing")) || (existsSync(merging) && !existsSync(join(merging, "amend")))
	);
}

/** A commit in MERGE_HEAD, or in the message that git proposes for a squashed branch. */
const COMMIT_LINE = /^(?:commit )?([0-9a-f]{40,64})$/gm;

/** The label of a squashed branch. */
export const SQUASH = "SQUASH_MSG";

type Head = Pick<OtherHead, "label" | "id">;

/**
 * The commits in MERGE_HEAD (several in an octopus merge), and the newest commit of a squashed branch. Git names the
 * latter only in SQUASH_MSG, which remains after a squash that was abandoned (see `isSquashStaged`).
 */
async function mergedHeads(
	place: GitContext,
): Promise<{ readonly merged: Head[]; readonly squashed: Head[] }> {
	const labels = ["MERGE_HEAD", SQUASH];
	const asked = labels.flatMap((label) => ["--git-path", label]);
	const paths = (await gitOutput(place, ["rev-parse", ...asked])).split("\n");
	const [merged = [], squashed = []] = await Promise.all(
		labels.map(async (label, index): Promise<Head[]> => {
			const bytes = await readWhole(resolve(place.folder, paths[index] ?? ""), FILE_BYTES.text);
			const text = (bytes && fromUtf8(bytes)) ?? "";
			return [...text.matchAll(COMMIT_LINE)].map(([, id = ""]) => ({ label, id }));
		}),
	);
	return { merged, squashed: squashed.slice(0, 1) };
}

async function isCommit(place: GitContext, id: string): Promise<boolean> {
	return (await findObjects(place, [id]))[0]?.type === "commit";
}

/**
 * The commits that a merge (also of several branches, or squashed), cherry-pick or rebase is bringing in; empty if
 * none is in progress.
 * @throws AppError as `runGit`, and `FILE_TOO_LARGE` (exit 1)
 */
export async function otherHeads(place: GitContext): Promise<OtherHead[]> {
	const labels = ["CHERRY_PICK_HEAD", "REBASE_HEAD"];
	const [{ merged, squashed }, picked] = await Promise.all([
		mergedHeads(place),
		findObjects(
			place,
			labels.map((label) => `${label}^{commit}`),
		),
	]);
	const heads = [...merged];
	for (const [index, label] of labels.entries()) {
		const id = picked[index]?.id;
		if (id !== undefined && (label !== "REBASE_HEAD" || (await isRebasing(place)))) heads.push({ label, id });
	}
	// Git starts no other merge while a squashed branch is staged, so beside another head SQUASH_MSG is a leftover.
	if (heads.length === 0 && squashed[0] && (await isCommit(place, squashed[0].id))) heads.push(...squashed);
	const others: OtherHead[] = [];
	for (const { label, id } of heads) {
		const found = ["MERGE_HEAD", SQUASH].includes(label)
			? await runGit(place, ["merge-base", "--all", "HEAD", id])
			: await runGit(place, ["rev-parse", "--quiet", "--verify", `${id}^1`]);
		others.push({ label, id, bases: found.stdout.split("\n").filter((line) => line !== "") });
	}
	return others;
}

/**
 * Whether the next commit has a file of a squashed branch that HEAD lacks. SQUASH_MSG alone does not prove a squash: it
 * remains after `git checkout HEAD -- .`, although nothing is squashed any more.
 * @throws AppError as `runGit`
 */
async function isSquashStaged(place: GitContext, squashed: string): Promise<boolean> {
	const [staged, differing] = await Promise.all([stagedSince(place, "HEAD"), stagedSince(place, squashed)]);
	return hasFileOf(differing, staged);
}

const STAGE = /^[0-7]{6} ([0-9a-f]{40,64}) ([123])\t/;

/** Ids of a file's unmerged versions by stage: 1 the ancestor, 2 ours, 3 theirs. Empty if the file is merged. */
async function stagesOf(place: GitContext): Promise<Map<number, string>> {
	const { status, stdout } = await runGit(place, ["ls-files", "--unmerged", "-z", "--", VAULT_FILE]);
	if (status !== 0) return new Map();
	const matches = stdout.split("\0").map((line) => STAGE.exec(line));
	return new Map(matches.flatMap((match) => (match?.[1] ? [[Number(match[2]), match[1]]] : [])));
}

/**
 * The texts of objects, in the order of the ids. @throws AppError `FILE_TOO_LARGE` (exit 1), exit 7 if one is
 * not UTF-8
 */
async function textsOf(place: GitContext, ids: readonly string[]): Promise<string[]> {
	const texts = new Map<string, string>();
	await readObjects(place, ids, LIMITS.fileBytes, (id, bytes) => texts.set(id, vaultTextOf(bytes)));
	return ids.map((id) => texts.get(id) ?? "");
}

/** The vaults of the whole repository that git's index has as unmerged, from the folder. @throws AppError as `runGit` */
export async function unmergedVaults(place: GitContext): Promise<string[]> {
	const anywhere = `:(top,glob)**/${VAULT_FILE}`;
	const args = ["ls-files", "--unmerged", "-z", "--", anywhere];
	const { stdout } = await runGit(place, args, { seen: "path-syntax" });
	// `MODE ID STAGE<TAB>PATH`, with the path from the folder in which git runs.
	const paths = stdout.split("\0").map((entry) => entry.slice(entry.indexOf("\t") + 1));
	return [...new Set(paths.filter((path) => path !== ""))];
}

/** Whether git's index has the vault as unmerged. @param place the vault's folder @throws AppError as `runGit` */
export async function isUnmerged(place: GitContext): Promise<boolean> {
	return (await stagesOf(place)).size > 0;
}

/**
 * Both sides of git's unfinished merge, for the vault in this folder: from the index if it is unmerged there,
 * otherwise from HEAD and the commit that is brought in.
 * @param place the vault's folder
 * @returns undefined if nothing is unfinished, if there is no repository, or if one side has no vault
 * @throws AppError as `runGit`, and `FILE_TOO_LARGE` (exit 1)
 */
export async function unfinishedMerge(place: GitContext): Promise<MergeTexts | undefined> {
	const stages = await stagesOf(place);
	if (stages.size > 0) {
		const [base, ours, theirs] = [1, 2, 3].map((stage) => stages.get(stage));
		if (ours === undefined || theirs === undefined) return undefined;
		const ids = [ours, theirs, ...(base === undefined ? [] : [base])];
		return sidesOf(await textsOf(place, ids), { ours: "ours", theirs: "theirs" }, { unmerged: true });
	}
	const inside = await runGit(place, ["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]);
	const other = inside.status === 0 ? (await otherHeads(place))[0] : undefined;
	if (!other) return undefined;
	const names = ["HEAD", other.id, ...other.bases].map((commit) => `${commit}:./${VAULT_FILE}`);
	const [ours, theirs, ...bases] = await findObjects(place, names);
	if (ours?.type !== "blob" || theirs?.type !== "blob") return undefined;
	const ids = [ours, theirs, ...bases].flatMap((found) => (found?.type === "blob" ? [found.id] : []));
	const isUncertain = other.label === SQUASH && !(await isSquashStaged(place, other.id));
	const texts = await textsOf(place, ids);
	return sidesOf(texts, { ours: "HEAD", theirs: other.label }, { isUncertain });
}

function sidesOf(
	texts: readonly string[],
	labels: MergeTexts["labels"],
	{ isUncertain = false, unmerged = false },
): MergeTexts {
	const [ours = "", theirs = "", ...bases] = texts;
	return { labels, ours, theirs, bases, unmerged, isUncertain };
}
