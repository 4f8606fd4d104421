/**
 * What the pre-commit hook asks of every staged file: whether it holds a value of a vault in the clear, or an identity.
 */
import type { Buffer } from "node:buffer";
import { lstatSync } from "node:fs";
import { basename, join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { readObjects } from "../git/history/objects.ts";
import type { StagedFile } from "../git/hook/staged.ts";
import { type GitPlace, gitOutput } from "../git/run.ts";
import type { SessionIdentity } from "../session/session.ts";
import { ALLOW_FILE, type Allowed, allowWord, readAllowed } from "./allowed.ts";
import { liveSecrets, vaultFolders } from "./live-values.ts";
import { type Found, Search } from "./search.ts";

/** A larger file is not looked at, and said so. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** What is looked at in one commit, in the order of the paths. */
const ALL_BYTES_MAX = 1024 * 1024 * 1024;

/** Something in the clear, where it stands. */
export interface Finding {
	/** From the top of the repository. */
	readonly file: string;
	/** From 1; null in a file that is no text. */
	readonly line: number | null;
	/** The secret's name and its environment; null for an identity. */
	readonly name: string | null;
	readonly environment: string | null;
}

export interface PlaintextCheck {
	readonly findings: readonly Finding[];
	/** Files that were too large to be looked at. */
	readonly unchecked: readonly string[];
}

/** Their contents' ids with the files that have them; a submodule has none. */
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

/** Whether the working folder's file is too large: git then need not unpack it at all. */
function isLarge(folder: string, path: string): boolean {
	const size = lstatSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0;
	return size > FILE_BYTES_MAX;
}

function findingsOf(paths: readonly string[], found: readonly Found[], isAllowed: Allowed): Finding[] {
	return paths.flatMap((file) =>
		found
			.filter((one) => !isAllowed(file, one))
			.map(({ secret, line }) => ({
				file,
				line,
				name: secret?.name ?? null,
				environment: secret?.environment ?? null,
			})),
	);
}

/**
 * Looks for values of 16 characters or more, in the usual encodings, and for identities, in staged files.
 * @param identity whose vaults' values are looked for; without one, only identities are
 * @throws AppError as `runGit`
 */
export async function findPlaintext(
	place: GitPlace,
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
	const search = new Search(holder ? await liveSecrets(top, folders, holder) : []);
	const ids = [...byId.keys()];
	const large = new Set(ids.filter((id) => byId.get(id)?.every((path) => isLarge(folder, path))));
	const small = ids.filter((id) => !large.has(id));
	const findings: Finding[] = [];
	let total = 0;
	const look = (id: string, bytes: Buffer) => {
		total += bytes.length;
		if (total > ALL_BYTES_MAX) large.add(id);
		else findings.push(...findingsOf(byId.get(id) ?? [], search.in(bytes), isAllowed));
	};
	await readObjects(top, small, FILE_BYTES_MAX, look, (id) => large.add(id));
	return { findings, unchecked: [...large].flatMap((id) => byId.get(id) ?? []) };
}

/** A finding for a person: the file, the line and the secret's name. */
export function describeFinding({ file, line, name, environment }: Finding): string {
	const place = line === null ? printable(file, 300) : `${printable(file, 300)}, line ${line}`;
	return name === null ? `${place}: an identity` : `${place}: the value of ${name} (${environment})`;
}

/** @throws AppError `PLAINTEXT_STAGED` (exit 1), with all findings as its data */
export function requireNoPlaintext<Data extends PlaintextCheck>(data: Data): void {
	const [first] = data.findings;
	if (!first) return;
	const { file, name, environment } = first;
	const secret = name === null ? null : { name, environment: environment ?? "" };
	const more = data.findings.length > 1 ? `, and ${data.findings.length - 1} more` : "";
	const line = `${allowWord({ secret, line: null })} ${printable(file, 300)}`;
	throw new AppError({
		code: "PLAINTEXT_STAGED",
		message: `Not committed. A staged file holds a secret in the clear: ${describeFinding(first)}${more}.`,
		hint: `Take it out (git restore --staged FILE), and list the file in .gitignore. Where it is no secret, a line '${line}' in ${ALLOW_FILE} lets it pass; git commit --no-verify commits unchecked.`,
		exit: EXIT.failure,
		data,
	});
}
