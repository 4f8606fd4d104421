/** A project in a new git repository, on a new device, in memory if possible. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpGit } from "../../../../src/project/git/setup.ts";
import { GIT_ENVIRONMENT } from "../../../project/repository.ts";
import { PROGRAM } from "../../../support/program.ts";

const RAM = "/dev/shm";
const templates = new Map<boolean, string>();

/** Removes the copies with which walks begin. */
export function dropTemplates(): void {
	for (const template of templates.values()) rmSync(template, { recursive: true, force: true });
	templates.clear();
}

export class WalkRepository implements Disposable {
	readonly folder = mkdtempSync(join(existsSync(RAM) ? RAM : tmpdir(), "coffer-walk-"));
	readonly root = join(this.folder, "project");
	readonly variables = {
		...GIT_ENVIRONMENT,
		PATH: process.env["PATH"] ?? "",
		HOME: this.folder,
		GIT_EDITOR: "true",
	};

	/** @param driver whether git merges the vault by Coffer's driver */
	static async create(driver: boolean): Promise<WalkRepository> {
		const repository = new WalkRepository();
		const template = templates.get(driver);
		if (template) cpSync(template, repository.root, { recursive: true });
		else await repository.#begin(driver);
		return repository;
	}

	/**
	 * Creates a repository, and keeps a copy of it for later walks, because creating one starts git a dozen
	 * times.
	 */
	async #begin(driver: boolean): Promise<void> {
		mkdirSync(this.root);
		this.git("init", "-q", "-b", "main");
		writeFileSync(join(this.root, ".gitattributes"), "coffer.vault text eol=lf\n");
		if (driver) {
			await setUpGit(
				{ folder: this.root, variables: this.variables },
				{ script: PROGRAM, node: process.execPath },
			);
			// No hook: it would start a process for every commit, and has its own tests.
			this.git("config", "core.hooksPath", "/dev/null");
		}
		writeFileSync(join(this.root, ".gitignore"), "coffer.vault.lock\n.coffer.vault.*.tmp\n");
		const template = mkdtempSync(join(tmpdir(), "coffer-walk-template-"));
		cpSync(this.root, template, { recursive: true });
		templates.set(driver, template);
	}

	/** Runs git. @returns whether it succeeded */
	git(...words: string[]): boolean {
		const { status } = spawnSync("git", words, { cwd: this.root, env: this.variables, stdio: "ignore" });
		return status === 0;
	}

	get vault(): string {
		return readFileSync(join(this.root, "coffer.vault"), "utf8");
	}

	/** Whether a merge, rebase, cherry-pick or revert is unfinished. */
	get hasOpenOperation(): boolean {
		return ["MERGE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD"].some((name) =>
			existsSync(join(this.root, ".git", name)),
		);
	}

	[Symbol.dispose](): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
