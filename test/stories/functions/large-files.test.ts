/**
 * Files that are larger than any file of Coffer: an error that names the limit, and a process that ends by
 * itself.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

const MIB = 2 ** 20;
let project: Project;
let good: string;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "A=1"]);
	good = project.vault;
});
afterAll(() => project?.[Symbol.asyncDispose]());

function git(...args: readonly string[]): void {
	spawnSync("git", ["-c", "user.name=Story", "-c", "user.email=story@example.com", ...args], {
		cwd: project.root,
		env: { ...cleanEnvironment(), HOME: join(project.machine, "home") },
	});
}

function sparse(name: string, bytes: number): void {
	project.write(name, "");
	truncateSync(join(project.root, name), bytes);
}

/** More than the largest number of lines in a vault, which is 5,000,000. */
const lineFeeds = Buffer.alloc(6_000_000, "\n");

describe.each([
	["200 MB of line feeds", () => Buffer.alloc(200_000_000, "\n")],
	["a vault before 6 MB of line feeds", () => Buffer.concat([Buffer.from(good), lineFeeds])],
	["a conflict marker before them", () => Buffer.concat([Buffer.from("<<<<<<< ours\n"), lineFeeds])],
])("a vault file that is %s", (_, content) => {
	test("is refused by every command that reads it", async () => {
		project.write("coffer.vault", content());
		const message = "coffer.vault, line 5000001: the file has more than 5000000 lines.";
		for (const args of [
			["secrets", "list", "--json"],
			["run", "--json", "--", "true"],
			["vault", "resolve", "--json"],
			["secrets", "set", "B=1", "--json"],
		]) {
			const result = await project.start(args).ended;
			expect(result.error()).toMatchObject({ code: "VAULT_TOO_LARGE", message });
		}
		const shown = await project.ok(["git", "textconv", "coffer.vault"]);
		expect(shown.stdout).toMatch(/^\d{7,9} bytes that are not a vault\n$/);
		project.vault = good;
	});
});

test("every command refuses a vault that is larger than the limit, without reading it", async () => {
	sparse("coffer.vault", 257 * MIB);
	const result = await project.start(["secrets", "list", "--json"]).ended;
	expect(result.error()).toMatchObject({
		code: "FILE_TOO_LARGE",
		message: `Cannot read ${join(project.root, "coffer.vault")}: it has 269484032 bytes, and the limit is 268435456 bytes.`,
		exit: 1,
	});
	project.vault = good;
});

test("a coffer.json and an export of an identity that are too large are refused", async () => {
	sparse("coffer.json", 2 * MIB);
	const status = await project.start(["status", "--json"]).ended;
	expect(status.error()).toMatchObject({ code: "FILE_TOO_LARGE", exit: 1 });
	rmSync(join(project.root, "coffer.json"));
	sparse("large", 2 ** 40);
	const imported = await project.start(["identity", "import", "large", "--json"]).ended;
	expect(imported.error()).toMatchObject({ code: "EXPORT_MALFORMED", exit: 3 });
});

test.each([
	["/dev/zero", "FILE_TOO_LARGE"],
	["large.env", "FILE_TOO_LARGE"],
	["lines.env", "ENV_FILE_LINE_INVALID"],
])("secrets set refuses the .env file %s with %s, and sets nothing", async (file, code) => {
	sparse("large.env", 65 * MIB);
	project.write("lines.env", Buffer.alloc(60_000_000, "x\n"));
	const result = await project.start(["secrets", "set", "--env-file", file, "--json"]).ended;
	expect(result.error()).toMatchObject({ code });
	expect(project.vault).toBe(good);
});

test("versions of the vault in git, and files that git passes to the merge driver, have the same limit", async () => {
	git("init", "--quiet");
	git("config", "core.bigFileThreshold", "1g");
	git("config", "core.compression", "1");
	project.write("coffer.vault", lineFeeds);
	git("add", "coffer.vault");
	git("commit", "--quiet", "--message", "large");
	project.vault = good;
	git("commit", "--quiet", "--all", "--message", "good");
	const { versions } = await project.data(["secrets", "history", "A"]);
	expect(versions).toHaveLength(1);
	project.write("coffer.vault", lineFeeds);
	git("add", "coffer.vault");
	const check = await project.start(["git", "check", "--json"]).ended;
	expect(check.error()).toMatchObject({
		code: "VAULT_TOO_LARGE",
		message: expect.stringMatching(/^Not committed\. .* \(staged as coffer\.vault\)$/),
	});
	project.vault = good;
	execFileSync("mkfifo", [join(project.root, "pipe")]);
	project.write("other", good);
	const merge = await project.start(["git", "merge", "coffer.vault", "other", "pipe", "--json"]).ended;
	expect(merge.error()).toMatchObject({ code: "FILE_UNREADABLE", exit: 1 });
	expect(project.read("other")).toBe(good);
	writeFileSync(join(project.root, "lines"), lineFeeds);
	const lines = await project.start(["git", "merge", "coffer.vault", "other", "lines", "--json"]).ended;
	expect(lines.error()).toMatchObject({ code: "VAULT_TOO_LARGE" });
});
