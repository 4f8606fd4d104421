/** The reason why git opens no repository, and the command that mends it. */
import { execFileSync, execSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRepository, requireRepository, whyNoRepository } from "../../../src/project/git/repository.ts";

let folder: string;
beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer repository-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

const placeOf = (at: string) => ({
	folder: at,
	variables: { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
});

test("no repository, and one whose files git cannot read", async () => {
	const place = placeOf(folder);
	await expect(requireRepository(place)).rejects.toMatchObject({
		code: "REPOSITORY_NOT_FOUND",
		exit: 4,
		hint: "Run 'git init' first.",
	});
	writeFileSync(join(folder, ".git"), "gitdir: /nowhere\n");
	const refused = await requireRepository(place).catch((error: unknown) => error);
	expect(refused).toMatchObject({ code: "REPOSITORY_REFUSED", exit: 1 });
	expect(String(refused)).toContain(`Git does not open the repository in ${folder}.`);
	expect(whyNoRepository(folder).command).toBe(`git -C '${folder}' status`);
});

/** Only the superuser can give a folder to another user. */
const isRoot = process.getuid?.() === 0;

test("a repository of another user, until git is told that it is safe", async () => {
	const root = join(folder, "shop");
	mkdirSync(root);
	execFileSync("git", ["init", "--quiet"], { cwd: root });
	const place = placeOf(join(root));
	expect(await findRepository(place)).toEqual({ isShallow: false });
	await requireRepository(place);
	if (!isRoot) return;
	chownSync(root, 65_534, 65_534);
	const { code, hint, message } = await requireRepository(place).then(
		() => Promise.reject(new Error("git opened it")),
		(error) => error,
	);
	expect(code).toBe("REPOSITORY_REFUSED");
	expect(message).toMatch(/belongs to another user/);
	const [, command = ""] = /^Run '(.*)' first\.$/.exec(hint) ?? [];
	execSync(command, { env: place.variables });
	await requireRepository(place);
});
