/** A scan of the history reads each content of each ref once, and names its first commit. */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Scan } from "../../../../src/project/plaintext/scan/report.ts";
import { Folder, historyOf, KEY, placesOf } from "./folder.ts";

function repository(): Folder {
	const folder = new Folder();
	folder.git("init", "-q");
	folder.write("readme", "nothing\n");
	folder.commit();
	return folder;
}

const commitsOf = ({ findings }: Scan) => findings.map(({ commit, file }) => `${file} ${commit}`).sort();

describe("contents", () => {
	test("that were removed, renamed, merged, tagged or stashed are found once, with their first commit", async () => {
		using folder = repository();
		folder.write("old.ts", `x\n  ${KEY}\n`);
		const first = folder.commit();
		folder.git("mv", "old.ts", "new.ts");
		folder.commit();
		folder.git("rm", "-q", "new.ts");
		folder.commit();
		folder.git("checkout", "-q", "-b", "branch");
		folder.write("branch.ts", `branch ${KEY}`);
		const onBranch = folder.commit();
		folder.git("checkout", "-q", "main");
		folder.write("main.ts", "main");
		folder.commit();
		folder.git("merge", "-q", "--no-commit", "branch");
		folder.write("merge.ts", `only the merge has ${KEY}`);
		const merge = folder.commit();
		folder.write("main.ts", `stashed ${KEY}`);
		folder.git("stash");
		const stash = folder.git("rev-parse", "stash").trim();
		folder.write("blob", `tagged ${KEY}`);
		const blob = folder.git("hash-object", "-w", "blob").trim();
		folder.git("tag", "of-a-blob", blob);
		const scan = await historyOf(folder.path);
		const expected = [
			`old.ts ${first}`,
			`branch.ts ${onBranch}`,
			`merge.ts ${merge}`,
			`main.ts ${stash}`,
			`${blob} null`,
		];
		expect(commitsOf(scan)).toEqual(expected.sort());
		expect(placesOf(scan)).toContain("old.ts:2:3");
		expect(scan).toMatchObject({ missing: 0, isShallow: false });
	});

	test("binary, large, odd: a value at any place of a large file, links, submodules and names in bytes", async () => {
		using folder = repository();
		using library = repository();
		const large = Buffer.alloc(9_000_000, "0123456 ");
		for (const at of [262_140, 3_000_000, large.length - KEY.length]) large.write(KEY, at);
		folder.write("large", large);
		folder.write("binary", Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(KEY)]));
		folder.write(Buffer.from([0x61, 0xff, 0x0a, 0x62]), KEY);
		symlinkSync(KEY, folder.at("link"));
		folder.git("submodule", "--quiet", "add", library.path, "sub");
		folder.commit();
		const scan = await historyOf(folder.path);
		const places = placesOf(scan);
		// The name in bytes and the link have the same content, which appeared first in the same commit.
		expect(places.filter((place) => !place.startsWith("large"))).toEqual(["a\\xff\nb:1:1", "binary"]);
		expect(scan.findings.filter(({ file }) => file === "large").map(({ offset }) => offset)).toEqual([
			262_140,
			3_000_000,
			large.length - KEY.length,
		]);
	});

	test("of an empty repository, of a bare one's working tree, and of all its working trees", async () => {
		using empty = new Folder();
		empty.git("init", "-q");
		expect(await historyOf(empty.path)).toMatchObject({ findings: [], searched: { files: 0 } });
		using folder = repository();
		using bare = new Folder();
		execFileSync("git", ["clone", "-q", "--bare", folder.path, bare.at("bare.git")], { stdio: "ignore" });
		bare.git("--git-dir", bare.at("bare.git"), "worktree", "add", "-q", "--detach", bare.at("one"));
		bare.git("--git-dir", bare.at("bare.git"), "worktree", "add", "-q", "--detach", bare.at("two"));
		bare.write("two/a.ts", KEY);
		bare.git("-C", "two", "add", "-A");
		bare.git("-C", "two", "commit", "-q", "-m", "detached");
		expect(placesOf(await historyOf(bare.at("one")))).toEqual(["a.ts:1:1"]);
		await expect(historyOf(bare.path)).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND", exit: 4 });
	});
});

describe("a clone that lacks a part of the history", () => {
	/** A repository with a value in an old commit and in the last one. */
	function origin(): Folder {
		const folder = repository();
		folder.git("config", "uploadpack.allowFilter", "true");
		for (const content of [`old ${KEY}`, `new ${KEY}`]) {
			folder.write("src/a.ts", content);
			folder.commit();
		}
		return folder;
	}

	async function scanClone(...args: readonly string[]): Promise<Scan> {
		using from = origin();
		using to = new Folder();
		mkdirSync(to.at("empty"));
		to.git("clone", "-q", ...args, `file://${from.path}`, "clone");
		return await historyOf(to.at("clone"));
	}

	test("shallow: it says so", async () => {
		const scan = await scanClone("--depth", "1");
		expect(scan).toMatchObject({ isShallow: true, findings: [{ file: "src/a.ts", column: 5 }] });
	});

	test.each(["blob:none", "tree:0"])(
		"partial, without %s: what is here is searched, what is missing is counted",
		async (filter) => {
			const scan = await scanClone("--filter", filter);
			expect(placesOf(scan)).toEqual(["src/a.ts:1:5"]);
			expect(scan.missing).toBeGreaterThan(0);
		},
	);
});
