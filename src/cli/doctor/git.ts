/** Checks of git: the program, and what `coffer git setup` sets up in this clone. */
import { chmod } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import { shellWord } from "../../printable.ts";
import { VAULT_FILE } from "../../project/files/project-root.ts";
import { gitWarnings, type Program, VAULT_IGNORED } from "../../project/git/driver.ts";
import { findRepository, whyNoRepository } from "../../project/git/repository.ts";
import { mayHaveRepository } from "../../project/git/repository-above.ts";
import { type GitContext, gitVersion } from "../../project/git/run.ts";
import { inspectGitSetup, RESTAGE, setUpGit } from "../../project/git/setup.ts";
import { type Fixable, ok, warning } from "./check.ts";

/** The command in a warning of the merge driver: `… Run: COMMAND`. */
function commandIn(sentence: string): string | null {
	return /Run: (.*)$/.exec(sentence)?.[1] ?? null;
}

/** The command that ends a merge of the vault. Git counts a file as unmerged until it is added. */
function endMerge(sentence: string): string | null {
	const command = commandIn(sentence);
	return command === "coffer vault resolve" ? `${command} && git add ${VAULT_FILE}` : command;
}

/** Checks the setup of a clone. @param program what git starts, for a new setup */
async function checkSetup(place: GitContext, program: Program): Promise<Fixable[]> {
	const [state, warnings] = await Promise.all([inspectGitSetup(place), gitWarnings(place)]);
	const { hook, hookPath, missing } = state;
	const fix = async () => {
		const { changed, restage } = await setUpGit(place, program);
		return `set up ${changed.join(", ")}${restage ? `; next, in the vault's folder: ${RESTAGE}` : ""}`;
	};
	const checks: Fixable[] = [];
	const ofDriver = warnings.filter((each) => commandIn(each) === "coffer git setup");
	if (missing.length > 0 || hook === "absent")
		checks.push(
			warning(
				"git-setup",
				`This clone lacks ${[...missing, ...(hook === "absent" ? ["the pre-commit hook"] : [])].join(", ")}.`,
				"coffer git setup",
				fix,
			),
		);
	else checks.push(...ofDriver.map((each) => warning("git-setup", each, "coffer git setup", fix)));
	for (const each of warnings.filter((one) => !ofDriver.includes(one)))
		checks.push(warning(each === VAULT_IGNORED ? "git-ignored" : "git-merge", each, endMerge(each)));
	if (hook === "not executable") {
		const text = `Git does not run the hook ${hookPath}, because it is not executable.`;
		const run = async () => {
			await chmod(hookPath, 0o755);
			return "made it executable";
		};
		checks.push(warning("git-hook", text, `chmod +x ${shellWord(hookPath)}`, run));
	} else if (hook === "elsewhere") {
		const file = shellWord(hookPath);
		const add = `{ test -e ${file} || echo '#!/bin/sh' > ${file}; } && echo 'coffer git check || exit 1' >> ${file} && chmod +x ${file}`;
		const text = `Git's hooks are in a folder that core.hooksPath names, and ${hookPath} does not run 'coffer git check'.`;
		checks.push(warning("git-hook", text, add));
	} else if (hook === "foreign") {
		const text = `The hook ${hookPath} is not a shell script, and does not run this command: coffer git check. Add it there; Coffer does not change the file.`;
		checks.push(warning("git-hook", text, null));
	}
	return checks.length > 0
		? checks
		: [ok("git-setup", "This clone merges, shows and checks the vault with Coffer.")];
}

/** Checks git. @param root the project's folder; undefined outside a project */
export async function checkGit(
	here: GitContext,
	root: string | undefined,
	program: Program,
): Promise<Fixable[]> {
	try {
		const git = ok("git", `Git is there (${await gitVersion(here)}).`);
		if (root === undefined) return [git];
		const place = { ...here, folder: root };
		const isThere = mayHaveRepository(place) && (await findRepository(place));
		if (isThere) return [git, ...(await checkSetup(place, program))];
		const { command, isRefused, sentence } = whyNoRepository(place);
		return [
			git,
			warning("git-setup", isRefused ? sentence : "The project is in no git repository.", command),
		];
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return [warning("git", `${error.message} ${error.hint}`, null)];
	}
}
