/** A git repository in which two branches of a vault are merged, over and over. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpGit } from "../../../../src/project/git/setup.ts";
import { GIT_ENVIRONMENT } from "../../../project/repository.ts";
import { PROGRAM } from "../../../support/program.ts";

const COFFER = { script: PROGRAM, node: process.execPath };
const WHO = "test <test@example.com> 1700000000 +0000";

export class MergeRepository implements Disposable {
	readonly root = realpathSync(mkdtempSync(join(tmpdir(), "coffer-merges-")));
	/** The environment in which git runs. */
	readonly variables = { ...GIT_ENVIRONMENT, PATH: process.env["PATH"] ?? "", HOME: this.root };

	/** @param driver the command that git runs for a vault; `coffer` for the real one, undefined for none */
	static async create(driver: string | undefined): Promise<MergeRepository> {
		const repository = new MergeRepository();
		repository.git("init", "-q", "-b", "main");
		writeFileSync(join(repository.root, ".gitattributes"), "coffer.vault text eol=lf\n");
		if (driver === undefined) return repository;
		await setUpGit({ folder: repository.root, variables: repository.variables }, COFFER);
		if (driver !== "coffer") repository.git("config", "merge.coffer.driver", driver);
		return repository;
	}

	git(...words: string[]): string {
		return execFileSync("git", words, {
			cwd: this.root,
			env: this.variables,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	}

	/** Lets git merge `theirs` into `ours`. @returns whether git reports a clean merge */
	merge(texts: { base: string; ours: string; theirs: string }, style: string): boolean {
		const commit = (branch: string, text: string, from: string) =>
			[
				`commit refs/heads/${branch}`,
				`committer ${WHO}`,
				`data ${branch.length}\n${branch}`,
				`${from}M 100644 inline coffer.vault`,
				`data ${text.length}\n${text}`,
			].join("\n");
		const stream = [
			"reset refs/heads/base\n",
			commit("base", texts.base, ""),
			commit("ours", texts.ours, "from refs/heads/base\n"),
			commit("theirs", texts.theirs, "from refs/heads/base\n"),
		].join("\n");
		const options = { cwd: this.root, env: this.variables };
		execFileSync("git", ["fast-import", "--quiet", "--force"], { ...options, input: `${stream}\n` });
		this.git("checkout", "-q", "-f", "--detach", "ours");
		this.git("config", "merge.conflictStyle", style);
		return this.#mergeTheirs();
	}

	#mergeTheirs(): boolean {
		const options = { cwd: this.root, env: this.variables };
		const { status } = spawnSync("git", ["merge", "-q", "-m", "merge", "theirs"], options);
		if (status !== 0 && status !== 1) throw new Error(`git merge ended with status ${status}.`);
		return status === 0;
	}

	/** Aborts the merge, sets up the driver, and merges again. @returns whether git reports a clean merge */
	async mergeWithDriver(): Promise<boolean> {
		this.git("merge", "--abort");
		await setUpGit({ folder: this.root, variables: this.variables }, COFFER);
		return this.#mergeTheirs();
	}

	get vault(): string {
		return readFileSync(join(this.root, "coffer.vault"), "utf8");
	}

	[Symbol.dispose](): void {
		rmSync(this.root, { recursive: true, force: true });
	}
}
