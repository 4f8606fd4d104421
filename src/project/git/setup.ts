/**
 * Sets up git for the vault: a merge driver, a description for diffs, and a check before each commit. Everything but
 * `.gitattributes` is local to one clone. In a clone without the local part, the attributes do no harm.
 */
import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FILE_BYTES } from "../../bounded-file.ts";
import { readWhole } from "../files/atomic-file.ts";
import { ensureLines, removeLines } from "../files/managed-lines.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { mergeCommand, type Program, textconvCommand } from "./driver.ts";
import { addToHook, type HookOutcome, type HookState, hookState, removeFromHook } from "./hook/hook.ts";
import { requireRepository } from "./repository.ts";
import { type GitContext, gitOutput, runGit } from "./run.ts";

const ATTRIBUTES = [`${VAULT_FILE} merge=coffer diff=coffer`];
/** The attributes that git must use for the vault. A later line of a pattern that matches it may set others. */
const WANTED: Readonly<Record<string, string>> = {
	merge: "coffer",
	diff: "coffer",
	eol: "lf",
	filter: "unspecified",
	"working-tree-encoding": "unspecified",
};
/** A line that sets all of them, whatever the lines before it set. */
const OVERRIDING = `${VAULT_FILE} text eol=lf merge=coffer diff=coffer !filter !working-tree-encoding`;
const SECTIONS = ["merge.coffer", "diff.coffer"];

/**
 * What makes git read a vault again whose attributes have changed, in the vault's folder. A plain `git add` does not
 * read a file again whose time and size are as at the last one.
 */
export const RESTAGE = `git add .gitattributes && git add --renormalize ${VAULT_FILE}`;

export interface GitSetup {
	/** What was changed: settings, attributes, hook. */
	readonly changed: readonly string[];
	/** Whether the attributes have no effect although they are there: `.git/info/attributes` sets others. */
	readonly overridden: boolean;
	/**
	 * Whether the attributes were changed, and git has the vault in the bytes that the attributes of before made of it,
	 * such as those of git-crypt.
	 */
	readonly restage: boolean;
	/** Undefined after a removal. */
	readonly hook: HookOutcome | "elsewhere" | undefined;
	/** Path of the hook. */
	readonly hookPath: string;
}

function settingsFor(program: Program): readonly (readonly [string, string])[] {
	return [
		["merge.coffer.name", "Coffer: merges secrets by name"],
		["merge.coffer.driver", mergeCommand(program)],
		["diff.coffer.textconv", textconvCommand(program)],
	];
}

/**
 * The file of the pre-commit hook. Husky 9 has git look in `.husky/_`, whose files Husky writes anew at each
 * installation; they run the files of the same name in `.husky`.
 */
async function hookPathOf(place: GitContext): Promise<string> {
	const asked = await gitOutput(place, ["rev-parse", "--git-path", "hooks"], { seen: "hooks-path" });
	const folder = resolve(place.folder, asked);
	return join(isOfHusky(folder) ? dirname(folder) : folder, "pre-commit");
}

function isOfHusky(folder: string): boolean {
	return basename(folder) === "_" && basename(dirname(folder)) === ".husky";
}

/**
 * Sets up git for the project at `place.folder`. A second run changes nothing.
 * @param program the program that git is to run
 * @throws AppError `REPOSITORY_NOT_FOUND`, `GIT_NOT_FOUND` (exit 4), `GIT_FAILED` (exit 1)
 */
export async function setUpGit(place: GitContext, program: Program): Promise<GitSetup> {
	await requireRepository(place);
	const changed: string[] = [];
	for (const [name, value] of settingsFor(program)) {
		const { stdout } = await runGit(place, ["config", "--local", "--get", name]);
		if (stdout === `${value}\n`) continue;
		await gitOutput(place, ["config", "--local", "--replace-all", name, value]);
		changed.push(name);
	}
	const attributes = await ensureAttributes(place);
	if (attributes.isChanged) changed.push(".gitattributes");
	const overridden = !attributes.hasEffect;
	const restage = attributes.isOverriding && (await isStoredOtherwise(place));
	const hookPath = await hookPathOf(place);
	// A configured hooks folder belongs to another tool, or is shared between repositories.
	const { status } = await runGit(place, ["config", "--get", "core.hooksPath"], { seen: "hooks-path" });
	if (status === 0) {
		const isPresent = (await hookState(hookPath)) === "present";
		return { changed, overridden, restage, hook: isPresent ? "present" : "elsewhere", hookPath };
	}
	await mkdir(dirname(hookPath), { recursive: true });
	const hook = await addToHook(hookPath, program);
	if (hook === "made" || hook === "added") changed.push("pre-commit");
	return { changed, overridden, restage, hook, hookPath };
}

/** What a clone has of the setup. */
export interface GitSetupState {
	/** The settings and attributes that it lacks. */
	readonly missing: readonly string[];
	/** As `hookState`, and `elsewhere`: in a folder that `core.hooksPath` names there is no hook that runs the check. */
	readonly hook: HookState | "elsewhere";
	readonly hookPath: string;
}

/** Reads what a clone has of the setup, and changes nothing. @throws AppError as `runGit` */
export async function inspectGitSetup(place: GitContext): Promise<GitSetupState> {
	const names = settingsFor({ script: "", node: "" }).map(([name]) => name);
	const [configured, hookPath, attributes, settings, isUsed] = await Promise.all([
		runGit(place, ["config", "--get", "core.hooksPath"], { seen: "hooks-path" }),
		hookPathOf(place),
		readWhole(join(place.folder, ".gitattributes"), FILE_BYTES.text),
		runGit(place, ["config", "--null", "--get-regexp", "^(merge|diff)\\.coffer\\."]),
		hasEffect(place),
	]);
	const lines = new Set((attributes?.toString("utf8") ?? "").split(/\r?\n/).map((line) => line.trim()));
	// Of a name that is there several times, the last value counts.
	const values = new Map(
		settings.stdout.split("\0").map((entry) => {
			const [name = "", ...value] = entry.split("\n");
			return [name, value.join("\n").trim()];
		}),
	);
	const missing = names.filter((name) => (values.get(name) ?? "") === "");
	// The line for the vault of a package may be in the folder above.
	if (!isUsed && !ATTRIBUTES.every((line) => lines.has(line))) missing.push(".gitattributes");
	else if (!isUsed) missing.push("attributes of coffer.vault that another line does not override");
	const state = await hookState(hookPath);
	const isMissing = state === "absent" || state === "foreign";
	const hook = isMissing && configured.status === 0 ? "elsewhere" : state;
	return { missing, hook, hookPath };
}

/**
 * Whether git uses the attributes of the setup for the vault. Attributes are not commands, and none of them is applied
 * here. A vault that git converts with another program, or merges by lines, is damaged without an error.
 */
async function hasEffect(place: GitContext): Promise<boolean> {
	const names = Object.keys(WANTED);
	const { status, stdout } = await runGit(place, ["check-attr", "-z", ...names, "--", VAULT_FILE]);
	if (status !== 0) return true;
	const words = stdout.split("\0");
	return names.every((name) => {
		const value = words[words.indexOf(name) + 1];
		return value === WANTED[name] || (name === "eol" && value === "unspecified");
	});
}

interface Ensured {
	readonly isChanged: boolean;
	/** Whether the line was added that overrides the others. */
	readonly isOverriding: boolean;
	readonly hasEffect: boolean;
}

/** Makes git use the attributes of the setup. @returns what was changed, and whether they have effect now */
async function ensureAttributes(place: GitContext): Promise<Ensured> {
	const file = join(place.folder, ".gitattributes");
	const isAdded = await ensureLines(file, ATTRIBUTES);
	if (await hasEffect(place)) return { isChanged: isAdded, isOverriding: false, hasEffect: true };
	// The last line that matches counts. The line may be there already, before another one.
	const text = (await readWhole(file, FILE_BYTES.text))?.toString("utf8") ?? "";
	if (text.trimEnd().endsWith(`\n${OVERRIDING}`))
		return { isChanged: isAdded, isOverriding: false, hasEffect: false };
	await removeLines(file, [OVERRIDING]);
	const isOverriding = await ensureLines(file, [OVERRIDING]);
	return { isChanged: isOverriding || isAdded, isOverriding, hasEffect: await hasEffect(place) };
}

/** Whether the index has other bytes than the vault's file. False if one of them is not there. */
async function isStoredOtherwise(place: GitContext): Promise<boolean> {
	const [index, file] = await Promise.all([
		runGit(place, ["rev-parse", "--verify", "--quiet", `:./${VAULT_FILE}`]),
		runGit(place, ["hash-object", "--no-filters", "--", VAULT_FILE]),
	]);
	return index.status === 0 && file.status === 0 && index.stdout !== file.stdout;
}

/** Undoes `setUpGit`. @throws AppError as `setUpGit` */
export async function removeGitSetup(place: GitContext): Promise<GitSetup> {
	await requireRepository(place);
	const changed: string[] = [];
	for (const section of SECTIONS) {
		const { status } = await runGit(place, ["config", "--local", "--remove-section", section]);
		if (status === 0) changed.push(section);
	}
	if (await removeLines(join(place.folder, ".gitattributes"), [...ATTRIBUTES, OVERRIDING]))
		changed.push(".gitattributes");
	const hookPath = await hookPathOf(place);
	if (await removeFromHook(hookPath)) changed.push("pre-commit");
	return { changed, overridden: false, restage: false, hook: undefined, hookPath };
}
