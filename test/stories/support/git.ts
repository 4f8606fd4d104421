/** Runs git in a project as a user does. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cleanEnvironment, type Project } from "./project.ts";

/** The editor leaves each text as it is. No process for maintenance follows each commit and merge. */
const SETTINGS = [
	...["user.name=Story", "user.email=story@example.com"],
	...["core.editor=true", "maintenance.auto=false"],
];

export interface GitResult {
	readonly status: number | null;
	/** Both of its outputs. */
	readonly text: string;
}

/**
 * Runs git, which may fail.
 * @param env additional variables. Its hooks have no identity without them
 */
export function runGit(
	project: Project,
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
): GitResult {
	const { status, stdout, stderr } = spawnSync(
		"git",
		[...SETTINGS.flatMap((setting) => ["-c", setting]), ...args],
		{
			cwd: project.root,
			env: { ...cleanEnvironment(), HOME: join(project.machine, "home"), ...env },
			encoding: "utf8",
		},
	);
	return { status, text: stdout + stderr };
}

/** As `runGit`, with the project's identity for the hooks. */
export function runGitAsMember(project: Project, ...args: readonly string[]): GitResult {
	const { identity } = project;
	return runGit(project, args, identity === undefined ? {} : { COFFER_IDENTITY: identity });
}
