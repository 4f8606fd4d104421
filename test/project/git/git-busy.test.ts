import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isGitBusy } from "../../../src/project/git/git-busy.ts";

const IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];

test("git is busy while its index is locked and while a rebase is not finished, also in a linked working tree", () => {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-busy-")));
	using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
	const root = join(folder, "main");
	const git = (cwd: string, ...args: string[]) =>
		execFileSync("git", [...IDENTITY, ...args], { cwd, stdio: ["ignore", "pipe", "ignore"] });
	git(folder, "init", "--quiet", "--initial-branch", "main", "main");
	expect(isGitBusy(folder)).toBe(false);
	const write = (cwd: string, text: string) => {
		writeFileSync(join(cwd, "file"), text);
		git(cwd, "add", "file");
		git(cwd, "commit", "--quiet", "--message", text);
	};
	write(root, "first");
	const linked = join(folder, "linked");
	git(root, "worktree", "add", "--quiet", "-b", "side", linked);
	for (const [place, text] of [
		[linked, "side"],
		[root, "main"],
	] as const) {
		write(place, text);
		expect(isGitBusy(place)).toBe(false);
	}
	writeFileSync(join(root, ".git", "index.lock"), "");
	expect([isGitBusy(root), isGitBusy(linked)]).toEqual([true, false]);
	rmSync(join(root, ".git", "index.lock"));
	spawnSync("git", [...IDENTITY, "rebase", "main"], { cwd: linked });
	expect([isGitBusy(root), isGitBusy(linked)]).toEqual([false, true]);
	git(linked, "rebase", "--abort");
	expect(isGitBusy(linked)).toBe(false);
});
