/** The reason why git opens no repository, and the command that mends it. */
import { execFileSync, execSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readGitFileState } from "../../../src/project/git/ignored.ts";
import {
	findRepository,
	requireRepository,
	whyNoRepository,
	workTreeAround,
} from "../../../src/project/git/repository.ts";
import { mayHaveRepository, unnamed, withWholePaths } from "../../../src/project/git/repository-above.ts";

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
	expect(whyNoRepository(place).command).toBe(`git -C '${folder}' status`);
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

/** A repository beside its working tree, as managers of dotfiles have it. */
function besideTree() {
	const tree = join(folder, "tree");
	mkdirSync(join(tree, "sub"), { recursive: true });
	execFileSync("git", ["init", "--quiet", "--bare", "dots.git"], { cwd: folder });
	const named = { GIT_DIR: join(folder, "dots.git"), GIT_WORK_TREE: tree };
	const at = (where: string, names: Readonly<Record<string, string>> = named) => ({
		folder: join(folder, where),
		variables: { ...placeOf(folder).variables, ...names },
	});
	return { tree, at };
}

test("a repository that only GIT_DIR names: its working tree, and files in it", async () => {
	const { at, tree } = besideTree();
	const inside = at("tree/sub");
	expect(await findRepository(inside)).toEqual({ isShallow: false });
	expect([mayHaveRepository(inside), await workTreeAround(inside)]).toEqual([true, tree]);
	const stateOf = (path: string) => readGitFileState(join(folder, path), inside.variables);
	expect(await stateOf("tree/.env")).toBe("open");
	writeFileSync(join(tree, ".gitignore"), ".env\n");
	expect(await stateOf("tree/.env")).toBe("ignored");
	// Another repository, outside that working tree, has files of its own.
	mkdirSync(join(folder, "other"));
	execFileSync("git", ["init", "--quiet"], { cwd: join(folder, "other") });
	expect([await stateOf(".env"), await stateOf("other/.env")]).toEqual(["outside", "open"]);
});

test("relative paths in GIT_DIR and GIT_WORK_TREE begin at the folder of the command, wherever git is started", async () => {
	const { at, tree } = besideTree();
	const here = process.cwd();
	const names = { GIT_DIR: relative(here, join(folder, "dots.git")), GIT_WORK_TREE: relative(here, tree) };
	expect(await workTreeAround(at("tree/sub", names))).toBe(tree);
	expect(withWholePaths({ GIT_DIR: "a/../b", HOME: "c" }, () => "/top")).toEqual({
		GIT_DIR: "/top/b",
		HOME: "c",
	});
});

test("a folder outside the working tree that GIT_DIR names: the command lets git look for a .git", async () => {
	const { at } = besideTree();
	mkdirSync(join(folder, "other"));
	execFileSync("git", ["init", "--quiet"], { cwd: join(folder, "other") });
	const { GIT_DIR } = at("other").variables as { GIT_DIR?: string };
	for (const place of [at("other"), at("other", { GIT_DIR: GIT_DIR ?? "" })]) {
		const refused = await requireRepository(place).catch((error: unknown) => error);
		expect(refused).toMatchObject({
			code: "REPOSITORY_REFUSED",
			message: expect.stringContaining("GIT_DIR"),
			hint: "Run 'unset GIT_DIR GIT_WORK_TREE' first.",
		});
		await requireRepository({ ...place, variables: unnamed(place.variables) });
	}
});
