/** Projects in real git repositories. */
import { execFileSync, spawnSync } from "node:child_process";
import type { TestProject } from "./project.ts";

/** Git without the user's configuration, and without a process for maintenance after each commit and merge. */
export const GIT_ENVIRONMENT = {
	PATH: process.env.PATH,
	GIT_CONFIG_GLOBAL: "/dev/null",
	GIT_CONFIG_SYSTEM: "/dev/null",
	GIT_CONFIG_COUNT: "1",
	GIT_CONFIG_KEY_0: "maintenance.auto",
	GIT_CONFIG_VALUE_0: "false",
	GIT_AUTHOR_NAME: "test",
	GIT_AUTHOR_EMAIL: "test@example.com",
	GIT_COMMITTER_NAME: "test",
	GIT_COMMITTER_EMAIL: "test@example.com",
};

/** A project in a git repository. */
export class Repository {
	readonly project: TestProject;

	constructor(project: TestProject) {
		this.project = project;
		this.git("init", "-q", "-b", "main");
		this.commit();
	}

	git(...words: string[]): string {
		return execFileSync("git", words, {
			cwd: this.project.root,
			env: GIT_ENVIRONMENT,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	}

	commit(): void {
		this.git("add", "-A");
		this.git("commit", "-q", "-m", "state");
	}

	/** Runs one change on a new branch and one on main, and merges. @returns whether the merge was clean */
	async merge(theirs: () => Promise<unknown>, ours: () => Promise<unknown>): Promise<boolean> {
		this.git("checkout", "-q", "-b", "branch");
		await theirs();
		this.commit();
		this.git("checkout", "-q", "main");
		await ours();
		this.commit();
		return (
			spawnSync("git", ["merge", "-q", "-m", "merge", "branch"], {
				cwd: this.project.root,
				env: GIT_ENVIRONMENT,
			}).status === 0
		);
	}
}

/** Names with their new values; undefined deletes. */
export type Edit = Record<string, string | undefined>;

export async function apply(project: TestProject, edit: Edit): Promise<void> {
	for (const [name, value] of Object.entries(edit)) {
		if (value === undefined) await project.delete(name);
		else await project.set({ [name]: value });
	}
}
