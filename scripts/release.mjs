/**
 * `npm run release -- VERSION [--dry-run]`: checks that a version can be released, and tags it in this clone.
 * It pushes and publishes nothing. It prints the commands for that. * The conditions: nothing is uncommitted;
 * the branch is main; package.json has the version, which is one step from the last tag; CHANGELOG.md has a
 * dated section for it; `origin` is the repository that package.json names; `.ci/run` passes. With
 * `--dry-run` it only reports which conditions hold, without running `.ci/run`, and changes nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ROOT } from "./fresh.mjs";
import { runAsScript } from "./setup.mjs";

/** The numbers of `1.2.3`; undefined for anything else. */
function parseVersion(text) {
	const [, ...numbers] = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text) ?? [];
	return numbers.length === 3 ? numbers.map(Number) : undefined;
}

/** Whether a version is the next patch, minor or major version after another. */
export function isStep(from, to) {
	const [major, minor, patch] = parseVersion(from) ?? [];
	const steps = [`${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`];
	return parseVersion(to) !== undefined && steps.includes(to);
}

/** Whether a changelog has a section `## VERSION (YYYY-MM-DD)` that is not empty. */
export function hasSection(changelog, version) {
	const sections = changelog.split(/^## /m).slice(1);
	const section = sections.find((text) => text.startsWith(`${version} (`));
	const [heading = "", ...rest] = (section ?? "").split("\n");
	return /\(\d{4}-\d{2}-\d{2}\)$/.test(heading) && rest.join("").trim() !== "";
}

/** The address of a repository in one form, for HTTPS and SSH, with and without `.git`. */
function repositoryOf(address) {
	return address
		.trim()
		.replace(/^git\+/, "")
		.replace(/^(https:\/\/|ssh:\/\/)?(git@)?/, "")
		.replace(":", "/")
		.replace(/\.git$/, "");
}

function git(root, ...args) {
	const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
	return status === 0 ? stdout.trim() : undefined;
}

/** The highest version that has a tag; undefined if there is none. */
function lastVersion(root) {
	const tags = git(root, "tag", "--list", "v*", "--sort=-version:refname") ?? "";
	return tags
		.split("\n")
		.map((tag) => tag.slice(1))
		.find((version) => parseVersion(version) !== undefined);
}

/**
 * Checks the conditions for a release.
 * @returns each condition as a sentence, and whether it holds
 */
export function conditions(root, version) {
	const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const last = lastVersion(root);
	const origin = git(root, "remote", "get-url", "origin") ?? "";
	return [
		["nothing is uncommitted", git(root, "status", "--porcelain") === ""],
		["the branch is main", git(root, "branch", "--show-current") === "main"],
		[`package.json has the version ${version}`, manifest.version === version],
		[
			last === undefined ? `${version} is a version` : `${version} is one step from ${last}`,
			last === undefined ? parseVersion(version) !== undefined : isStep(last, version),
		],
		[
			`CHANGELOG.md has a section "## ${version} (YYYY-MM-DD)"`,
			hasSection(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version),
		],
		[
			"origin is the repository that package.json names",
			repositoryOf(origin) === repositoryOf(manifest.repository.url),
		],
	];
}

/** @throws Error if a command fails */
function run(root, command, ...args) {
	const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
	if (status !== 0) throw new Error(`\`${[command, ...args].join(" ")}\` failed: nothing is tagged.`);
}

/**
 * Checks, and tags.
 * @throws Error if a condition does not hold or a check fails
 */
export function release(root, version, { dryRun, write = console.log }) {
	const all = conditions(root, version);
	for (const [sentence, holds] of all) write(`${holds ? "✓" : "✗"} ${sentence}`);
	if (all.some(([, holds]) => !holds)) throw new Error("This version cannot be released yet.");
	const steps = [`.ci/run`, `git tag --annotate v${version} --message "Coffer ${version}"`];
	const left = [`git push origin main v${version}`, "npm publish"];
	if (dryRun) {
		for (const step of steps) write(`would run  ${step}`);
	} else {
		run(root, "bash", ".ci/run");
		run(root, "git", "tag", "--annotate", `v${version}`, "--message", `Coffer ${version}`);
	}
	for (const step of left) write(`left to do ${step}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await runAsScript(() => {
		const { values, positionals } = parseArgs({
			options: { "dry-run": { type: "boolean", default: false } },
			allowPositionals: true,
		});
		const [version] = positionals;
		if (version === undefined || positionals.length > 1)
			throw new Error("Usage: npm run release -- VERSION [--dry-run]");
		release(ROOT, version, { dryRun: values["dry-run"] });
	});
}
