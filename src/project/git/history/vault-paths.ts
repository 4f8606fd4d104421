/**
 * The paths at which a repository has had a vault. Git's history names files by path, and a commit that moves the
 * project's folder gives the vault another one.
 */

import { vaultIdOf } from "../../../vault/document/format.ts";
import { LIMITS } from "../../../vault/syntax/syntax.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import { type GitContext, type RunOptions, runGit } from "../run.ts";
import { readObjects } from "./objects.ts";

/** The first line of a vault is shorter. */
const FIRST_LINE_BYTES = 128;
/** An object's id and its path. */
const BLOB = /^([0-9a-f]{40,64}) (.+)$/;
/** Names of objects are separated by line feeds, and a character that is not UTF-8 cannot be written to git again. */
const UNNAMEABLE = /[\p{Cc}\uFFFD]/u;

/** A path in the history. */
export interface VaultPath {
	/** For the names of objects: after a commit and a colon. */
	readonly inTree: string;
	/** For the arguments of git's commands. */
	readonly pathspec: string;
	/** From the top of the work tree; undefined for the present path. */
	readonly former: string | undefined;
}

/** The options of a run with the paths as arguments: only a former one needs syntax, to begin at the top. */
export function pathOptions(paths: readonly VaultPath[]): RunOptions {
	return paths.some(({ former }) => former !== undefined) ? { seen: "path-syntax" } : {};
}

const PRESENT: VaultPath = { inTree: `./${VAULT_FILE}`, pathspec: VAULT_FILE, former: undefined };

/**
 * The present path of the vault, and the others at which commits have texts of it.
 * @param place the vault's folder
 * @param vaultId the vault. If it is undefined, only the present path is returned
 * @param walk the commits, as arguments of `git rev-list`
 * @throws AppError as `runGit` and `readObjects`
 */
export async function vaultPaths(
	place: GitContext,
	vaultId: string | undefined,
	walk: readonly string[],
): Promise<VaultPath[]> {
	if (vaultId === undefined) return [PRESENT];
	const anywhere = `:(top,glob)**/${VAULT_FILE}`;
	const args = ["rev-list", "--objects", "--missing=allow-any", "--full-history", ...walk, "--", anywhere];
	const [prefix, listed] = await Promise.all([
		runGit(place, ["rev-parse", "--show-prefix"]),
		runGit(place, args, { seen: "path-syntax" }),
	]);
	if (listed.status !== 0) return [PRESENT];
	const own = prefix.stdout.replace(/\n$/, "") + VAULT_FILE;
	const paths = new Map<string, string>();
	for (const line of listed.stdout.split("\n")) {
		const [, id = "", path = ""] = BLOB.exec(line) ?? [];
		const isVault = path === VAULT_FILE || path.endsWith(`/${VAULT_FILE}`);
		if (isVault && path !== own && !UNNAMEABLE.test(path)) paths.set(id, path);
	}
	const former = new Set<string>();
	if (paths.size > 0) {
		const visit = (id: string, bytes: Buffer) => {
			const [line = ""] = bytes.subarray(0, FIRST_LINE_BYTES).toString("latin1").split("\n", 1);
			const path = paths.get(id);
			if (path !== undefined && vaultIdOf(line) === vaultId) former.add(path);
		};
		await readObjects(place, [...paths.keys()], LIMITS.fileBytes, visit, () => undefined);
	}
	return [
		PRESENT,
		...[...former].map((path) => ({ inTree: path, pathspec: `:(top,literal)${path}`, former: path })),
	];
}
