/** The checks before a release, in a test repository whose `.ci/run` is one line of shell. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { conditions, hasSection, isStep, release } from "../../scripts/release.mjs";

let root: string;
let written: string[];
const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const write = (line: string) => void written.push(line);

function commit(files: Readonly<Record<string, string>>): void {
	for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
	git("add", "--all");
	git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "change");
}

beforeEach(() => {
	written = [];
	root = mkdtempSync(join(tmpdir(), "coffer-release-"));
	git("init", "--quiet", "--initial-branch=main");
	git("config", "user.name", "a");
	git("config", "user.email", "a@example.com");
	git("remote", "add", "origin", "git@example.com:team/coffer.git");
	mkdirSync(join(root, ".ci"));
	const repository = { url: "git+https://example.com/team/coffer.git" };
	commit({
		"package.json": JSON.stringify({ version: "1.2.0", repository }),
		"CHANGELOG.md": "# Changelog\n\n## 1.2.0 (2026-11-28)\n\n- Something new.\n",
		".ci/run": "exit 0\n",
	});
	git("tag", "v1.1.9");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The conditions that do not hold. */
const missing = (version = "1.2.0") =>
	conditions(root, version).flatMap(([sentence, holds]) => (holds ? [] : [sentence]));

describe("a release", () => {
	test("runs the checks, creates the tag, and prints the remaining steps", () => {
		release(root, "1.2.0", { dryRun: false, write });
		expect(git("tag", "--list", "v1.2.0")).toBe("v1.2.0");
		expect(git("cat-file", "-t", "v1.2.0")).toBe("tag");
		expect(written.slice(-2)).toEqual(["left to do git push origin main v1.2.0", "left to do npm publish"]);
	});

	test("creates no tag if the checks fail", () => {
		commit({ ".ci/run": "exit 1\n" });
		expect(() => release(root, "1.2.0", { dryRun: false, write })).toThrow(/nothing is tagged/);
		expect(git("tag", "--list", "v1.2.0")).toBe("");
	});

	test("only prints with --dry-run, and changes nothing", () => {
		release(root, "1.2.0", { dryRun: true, write });
		expect(git("tag", "--list", "v1.2.0")).toBe("");
		expect(written).toContain("would run  .ci/run");
	});

	test("names every condition that is not met, and stops", () => {
		git("switch", "--quiet", "--create", "other");
		writeFileSync(join(root, "new"), "");
		git("remote", "set-url", "origin", "https://example.com/somebody/coffer");
		expect(missing("1.4.0")).toEqual([
			"nothing is uncommitted",
			"the branch is main",
			"package.json has the version 1.4.0",
			"1.4.0 is one step from 1.1.9",
			'CHANGELOG.md has a section "## 1.4.0 (YYYY-MM-DD)"',
			"origin is the repository that package.json names",
		]);
		expect(() => release(root, "1.4.0", { dryRun: false, write })).toThrow(/cannot be released/);
	});

	test("accepts a repository that meets all conditions", () => {
		expect(missing()).toEqual([]);
	});
});

describe("a version step", () => {
	test.each([
		["1.2.3", "1.2.4"],
		["1.2.3", "1.3.0"],
		["1.2.3", "2.0.0"],
	])("from %s to %s is accepted", (from, to) => expect(isStep(from, to)).toBe(true));

	test.each([
		"1.2.3",
		"1.2.5",
		"1.3.1",
		"1.4.0",
		"2.1.0",
		"3.0.0",
		"1.2.2",
		"v1.2.4",
		"1.2.4-rc.1",
		"01.3.0",
		"",
	])("from 1.2.3 to %s is refused", (to) => expect(isStep("1.2.3", to)).toBe(false));
});

describe("a section of the changelog", () => {
	test.each([
		["has no date", "## 1.0.0 (not released yet)\n\n- a\n"],
		["is empty", "## 1.0.0 (2026-01-01)\n\n## 0.9.0 (2025-01-01)\n\n- a\n"],
		["is of a longer version", "## 1.0.01 (2026-01-01)\n\n- a\n"],
		["is missing", "# Changelog\n"],
	])("that %s is refused", (_, text) => expect(hasSection(text, "1.0.0")).toBe(false));
});
