/**
 * Finds vaults that are in git but not in the working folder: left out of a sparse checkout, deleted without a commit,
 * or on another branch.
 */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { AppError } from "../../errors.ts";
import { shellWord } from "../../printable.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { workTreeAround } from "./repository.ts";
import { type GitContext, runGit } from "./run.ts";
import { vaultOnOtherRef } from "./vault-on-other-ref.ts";

type Variables = GitContext["variables"];

/** A vault that is not in the working folder. */
export interface HiddenVault {
	/** The folder that should contain it. */
	readonly folder: string;
	/** Why it is missing, as a clause. */
	readonly why: string;
	/** The command that brings it back. */
	readonly command: string;
	/** Whether only another branch or the stash has it, so that the branch here may be meant to have another one. */
	readonly isOnOtherRef?: true;
}

/** The folders from one up to another that contains it; the nearest first. */
function foldersUpTo(from: string, top: string): string[] {
	const names = relative(top, from)
		.split(sep)
		.filter((name) => name !== "");
	return [...names.keys()]
		.reverse()
		.map((index) => join(top, ...names.slice(0, index + 1)))
		.concat(top);
}

/** The command that brings back a file from the index. It depends on why the file was left out. */
async function sparseCommand(place: GitContext, git: string, path: string): Promise<string> {
	const asked = ["config", "--type=bool", "--get"];
	const [sparse, cone] = await Promise.all(
		["core.sparseCheckout", "core.sparseCheckoutCone"].map(async (name) =>
			(await runGit(place, [...asked, name])).stdout.trim(),
		),
	);
	if (sparse !== "true")
		return `${git} update-index --no-skip-worktree ${shellWord(path)} && ${git} checkout -- ${shellWord(path)}`;
	const folder = dirname(path);
	return cone === "true" && folder !== "."
		? `${git} sparse-checkout add ${shellWord(folder)}`
		: `${git} sparse-checkout add ${shellWord(`/${path}`)}`;
}

/** The paths of the vaults that would be in a folder and those above it, from the top; the nearest first. */
function vaultPathsUpTo(from: string, top: string): string[] {
	return foldersUpTo(from, top).map((folder) => join(relative(top, folder), VAULT_FILE).split(sep).join("/"));
}

/** The command `git` for paths that are relative to the top. */
function gitAt(from: string, top: string): string {
	return from === top ? "git" : `git -C ${shellWord(top)}`;
}

/**
 * A vault that another branch or the stash has, in this folder or above it. One that the branch here has had was removed
 * on purpose.
 */
async function onOtherRef(from: string, top: string, variables: Variables): Promise<HiddenVault | undefined> {
	const place = { folder: top, variables };
	const isNew = async (path: string) => {
		if (existsSync(join(top, path))) return false;
		// Fails in a repository without a commit.
		const { stdout } = await runGit(place, ["rev-list", "-1", "HEAD", "--", path]);
		return stdout.trim() === "";
	};
	const paths = vaultPathsUpTo(from, top);
	const areNew = await Promise.all(paths.map(isNew));
	const found = await vaultOnOtherRef(
		place,
		paths.filter((_, index) => areNew[index]),
	);
	if (!found) return undefined;
	const { path, rev, why } = found;
	const folder = dirname(join(top, path));
	const command = `${gitAt(from, top)} checkout ${shellWord(rev)} -- ${shellWord(path)}`;
	return { folder, why, command, isOnOtherRef: true };
}

/**
 * A vault that the index of the surrounding repository has, in this folder or above it, and that is not on
 * disk.
 */
async function inIndex(from: string, top: string, variables: Variables): Promise<HiddenVault | undefined> {
	const place = { folder: top, variables };
	// Paths in these commands are relative to the folder in which git runs.
	const git = gitAt(from, top);
	const paths = vaultPathsUpTo(from, top);
	const { status, stdout } = await runGit(place, ["ls-files", "-t", "-z", "--", ...paths]);
	if (status !== 0) return undefined;
	const tags = new Map(stdout.split("\0").map((entry) => [entry.slice(2), entry.slice(0, 1)]));
	for (const path of paths) {
		const tag = tags.get(path);
		if (tag === undefined || existsSync(join(top, path))) continue;
		const folder = dirname(join(top, path));
		if (tag === "S")
			return {
				folder,
				why: "it is left out of this checkout",
				command: await sparseCommand(place, git, path),
			};
		return {
			folder,
			why: "it was deleted here without a commit",
			command: `${git} checkout -- ${shellWord(path)}`,
		};
	}
	return undefined;
}

/** The vault of the main working tree, if this is a linked working tree on a branch without a vault. */
async function inMainTree(from: string, top: string, variables: Variables): Promise<HiddenVault | undefined> {
	const asked = ["rev-parse", "--git-dir", "--git-common-dir"];
	const { status, stdout } = await runGit({ folder: top, variables }, asked);
	const [own = "", shared = ""] = stdout.split("\n").map((path) => resolve(top, path));
	if (status !== 0 || own === shared || basename(shared) !== ".git") return undefined;
	const main = dirname(shared);
	const holder = foldersUpTo(from, top).find((folder) =>
		existsSync(join(main, relative(top, folder), VAULT_FILE)),
	);
	if (holder === undefined) return undefined;
	return {
		folder: holder,
		why: `the main working tree ${main} has one, and the branch here does not`,
		command: `git merge $(git -C ${shellWord(main)} rev-parse HEAD)`,
	};
}

/**
 * The nearest vault that git has for a folder or one above it, and that is not on disk. Searches the
 * surrounding repository, and the repositories around that one (of a submodule). Finds nothing if git cannot
 * run.
 * @param refs whether to search other branches and the stash too
 */
export async function hiddenVault(
	from: string,
	variables: Variables,
	refs: "other-refs" | "here",
): Promise<HiddenVault | undefined> {
	let folder = realpathSync(from);
	try {
		for (;;) {
			const top = await workTreeAround({ folder, variables });
			if (top === undefined) return undefined;
			const found =
				(await inIndex(folder, top, variables)) ??
				(await inMainTree(folder, top, variables)) ??
				(refs === "here" ? undefined : await onOtherRef(folder, top, variables));
			if (found) return found;
			if (dirname(top) === top) return undefined;
			folder = dirname(top);
		}
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
	}
	return undefined;
}
