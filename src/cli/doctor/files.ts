/** Checks of files: who may change them, and which of them git keeps although they are in the clear. */
import { existsSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { readBoundedSync } from "../../bounded-file.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable, shellWord } from "../../printable.ts";
import { makePrivate, modeOf, octal, USE_BY_OTHERS, WRITING_BY_OTHERS } from "../../project/files/private.ts";
import { CONFIG_FILE, VAULT_FILE } from "../../project/files/project-root.ts";
import { appendCommand, ignore, ignoreLine, isPlainFile } from "../../project/git/ignored.ts";
import { listTracked, listUntracked } from "../../project/git/listing/work-tree.ts";
import { findRepository } from "../../project/git/repository.ts";
import { mayHaveRepository } from "../../project/git/repository-above.ts";
import type { GitContext } from "../../project/git/run.ts";
import { shownPath } from "../../project/plaintext/scan/byte-path.ts";
import { isEnvFile } from "../plaintext/env-files.ts";
import { type Fixable, ok, warning } from "./check.ts";

/** The most files that the checks name. */
const NAMED_MAX = 20;
/** The names of files that often have a private key. */
const KEY_NAME = /(^|\/)(id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(pem|key|p8|identity)|[^/]*identity[^/]*)$/i;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----|coffer-identity-1\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/;
/** Keys in files are smaller. */
const KEY_FILE_BYTES = 64 * 1024;

function permission(path: string, forbidden: number, wanted: { mode: number; change: string }): Fixable[] {
	const mode = modeOf(path);
	if (mode === undefined || (mode & forbidden) === 0) return [];
	const text = `Other users may ${forbidden === USE_BY_OTHERS ? "use" : "change"} ${printable(path, 300)} (mode ${octal(mode)}).`;
	const remedy = `chmod ${wanted.change} ${shellWord(path)}`;
	return [warning("permissions", text, remedy, () => makePrivate(path, mode & wanted.mode))];
}

/** Checks who may change the vault and the configuration, and who may use this device's memory. */
export function checkPermissions(root: string | undefined, stateFolder: string): Fixable[] {
	const writable = { mode: ~WRITING_BY_OTHERS & 0o777, change: "go-w" };
	const ofProject = root === undefined ? [] : [VAULT_FILE, CONFIG_FILE].map((name) => join(root, name));
	const found = [
		...ofProject.flatMap((path) => permission(path, WRITING_BY_OTHERS, writable)),
		...permission(stateFolder, USE_BY_OTHERS, { mode: 0o700, change: "go=" }),
	];
	const isHere = root !== undefined || existsSync(stateFolder);
	if (found.length > 0 || !isHere || process.getuid === undefined) return found;
	return [
		ok("permissions", "Only this user may change the vault, its configuration and this device's memory."),
	];
}

function hasKey(path: string): boolean {
	try {
		return KEY.test(readBoundedSync(path, KEY_FILE_BYTES).toString("latin1"));
	} catch {
		// It is gone, too large, or no regular file.
		return false;
	}
}

/** Files that git tracks although they have values or keys in the clear. */
async function trackedPlaintext(place: GitContext): Promise<Fixable[]> {
	const paths = (await listTracked(place)).map(shownPath);
	const open = paths.filter(
		(path) =>
			(isEnvFile(path.split("/").at(-1) ?? "") && isPlainFile(join(place.folder, path))) ||
			(KEY_NAME.test(path) && hasKey(join(place.folder, path))),
	);
	return open.slice(0, NAMED_MAX).map((path) => {
		const isEnv = isEnvFile(path.split("/").at(-1) ?? "");
		const what = isEnv ? "values" : "a private key";
		const text = `Git tracks ${printable(path, 300)}, which has ${what} in the clear. Replace what was already pushed.`;
		const { file, line } = ignoreLine(join(place.folder, path), place.folder);
		const remedy = `git rm --cached -- ${shellWord(path)} && ${appendCommand(line, file, relative(place.folder, file))}`;
		return warning("plaintext", text, remedy);
	});
}

/** `.env` files in the project's folder and below that git would add with the next `git add`. */
async function openEnvFiles(place: GitContext): Promise<Fixable[]> {
	const { folder, variables } = place;
	const checks: Fixable[] = [];
	const paths = (await listUntracked(place)).map(shownPath);
	const open = paths.filter((path) => isEnvFile(basename(path)) && isPlainFile(join(folder, path)));
	for (const name of open.sort().slice(0, NAMED_MAX)) {
		const path = join(folder, name);
		const line = ignoreLine(path, folder);
		const fix = async () => {
			if (await ignore(path, line, variables)) return `added ${line.line} to .gitignore`;
			throw new AppError({
				code: "STILL_NOT_IGNORED",
				message: `Git does not ignore ${name}, because of another line in a .gitignore.`,
				hint: `To find it: git check-ignore -v ${shellWord(name)}`,
				exit: EXIT.failure,
			});
		};
		const text = `Git does not ignore ${printable(name, 300)}, which has values in the clear.`;
		checks.push(warning("plaintext", text, appendCommand(line.line, line.file, ".gitignore"), fix));
	}
	return checks;
}

/** Checks that git keeps no values and no keys in the clear. The remedies are for the project's folder. */
export async function checkPlaintext(place: GitContext): Promise<Fixable[]> {
	if (!mayHaveRepository(place)) return [];
	try {
		if (!(await findRepository(place))) return [];
		const found = [...(await trackedPlaintext(place)), ...(await openEnvFiles(place))];
		if (found.length > 0) return found;
		return [
			ok(
				"plaintext",
				"Git tracks no .env file and no private key, and ignores the .env files that are here.",
			),
		];
	} catch (error) {
		// The check of git says why git cannot run.
		if (error instanceof AppError) return [];
		throw error;
	}
}
