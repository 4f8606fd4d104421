/**
 * The pre-commit hook's check of every staged file: whether it contains a value of a vault in the clear, or an
 * identity.
 */
import type { Buffer } from "node:buffer";
import { lstatSync } from "node:fs";
import { basename, join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { readObjects } from "../git/history/objects.ts";
import type { StagedFile } from "../git/hook/staged.ts";
import { type GitContext, gitOutput } from "../git/run.ts";
import type { SessionIdentity } from "../session/session.ts";
import { readAllowed } from "./allowed.ts";
import { allowAdvice, describeFinding, type Finding, findingsIn } from "./finding.ts";
import { liveSecrets, vaultFolders } from "./live-values.ts";
import { Search } from "./search.ts";

/** The largest file that is searched. Larger ones are reported. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** The most bytes that are searched in one commit, in the order of the paths. */
const ALL_BYTES_MAX = 1024 * 1024 * 1024;

export interface PlaintextCheck {
	readonly findings: readonly Finding[];
	/** Files that were too large to search. */
	readonly unchecked: readonly string[];
}

/** The files by the object ids of their contents. A submodule has none. */
function filesById(files: readonly StagedFile[]): Map<string, string[]> {
	const byId = new Map<string, string[]>();
	for (const { path, mode, id } of files) {
		if (mode === "160000" || basename(path) === VAULT_FILE) continue;
		const paths = byId.get(id);
		if (paths) paths.push(path);
		else byId.set(id, [path]);
	}
	return byId;
}

/** Whether the file in the working folder is too large, so that git need not unpack it. */
function isLarge(folder: string, path: string): boolean {
	const size = lstatSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0;
	return size > FILE_BYTES_MAX;
}

/**
 * Searches staged files for the values of vaults, in the usual encodings, and for identities.
 * @param identity values of its vaults are searched; without one, only identities are
 * @throws AppError as `runGit`
 */
export async function findPlaintext(
	place: GitContext,
	files: readonly StagedFile[],
	identity: () => Promise<SessionIdentity | undefined>,
): Promise<PlaintextCheck> {
	const byId = filesById(files);
	if (byId.size === 0) return { findings: [], unchecked: [] };
	const folder = await gitOutput(place, ["rev-parse", "--show-toplevel"]);
	const top = { ...place, folder };
	const [folders, isAllowed] = await Promise.all([
		vaultFolders(top, [...byId.values()].flat()),
		readAllowed(folder),
	]);
	const holder = folders.length > 0 ? await identity() : undefined;
	const search = new Search(holder ? await liveSecrets(top, folders, holder) : [], { placesMax: 1 });
	const ids = [...byId.keys()];
	const large = new Set(ids.filter((id) => byId.get(id)?.every((path) => isLarge(folder, path))));
	const small = ids.filter((id) => !large.has(id));
	const findings: Finding[] = [];
	let total = 0;
	const look = (id: string, bytes: Buffer) => {
		total += bytes.length;
		if (total > ALL_BYTES_MAX) {
			large.add(id);
			return;
		}
		const { found } = search.in(bytes);
		for (const path of found.length > 0 ? (byId.get(id) ?? []) : [])
			findings.push(...findingsIn({ file: path, path }, found, isAllowed));
	};
	await readObjects(top, small, FILE_BYTES_MAX, look, (id) => large.add(id));
	return { findings, unchecked: [...large].flatMap((id) => byId.get(id) ?? []) };
}

/** @throws AppError `PLAINTEXT_STAGED` (exit 1), with all findings as its data */
export function requireNoPlaintext<Data extends PlaintextCheck>(data: Data): void {
	const [first] = data.findings;
	if (!first) return;
	const more = data.findings.length > 1 ? `, and ${data.findings.length - 1} more` : "";
	throw new AppError({
		code: "PLAINTEXT_STAGED",
		message: `Not committed. A staged file contains a secret in the clear: ${describeFinding(first)}${more}.`,
		hint: `Unstage the file (git restore --staged FILE), and add it to .gitignore. If it is not a secret, ${allowAdvice(first)}. git commit --no-verify commits without this check.`,
		exit: EXIT.failure,
		data,
	});
}
