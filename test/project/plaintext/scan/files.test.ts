/** Which files a scan reads, and how it names them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { Folder, filesOf, indexOf, KEY, placesOf } from "./folder.ts";

test("in git: tracked and new files, no ignored ones, and what other repositories inside have", async () => {
	using folder = new Folder();
	using library = new Folder();
	library.git("init", "-q");
	library.write("lib.ts", `x ${KEY}`);
	library.commit();
	folder.git("init", "-q");
	folder.git("submodule", "--quiet", "add", library.path, "sub");
	folder.git("submodule", "--quiet", "add", library.path, "absent");
	for (const path of ["tracked.ts", "new.ts", "ignored.ts", "node_modules/a.js"]) folder.write(path, KEY);
	folder.write(".gitignore", "ignored.ts\nnode_modules\n");
	folder.git("add", "tracked.ts");
	folder.git("submodule", "--quiet", "deinit", "--force", "absent");
	folder.git("init", "-q", "nested");
	folder.write("nested/b.ts", `\n${KEY}`);
	const scan = await filesOf(folder.path);
	expect(placesOf(scan)).toEqual(["nested/b.ts:2:1", "new.ts:1:1", "sub/lib.ts:1:3", "tracked.ts:1:1"]);
	expect(scan).toMatchObject({ absent: 0, unread: [] });
});

test("without git: all files but those of packages and of git", async () => {
	using folder = new Folder();
	for (const path of ["a/b.ts", "a/node_modules/c.js", ".git/d", ".env"]) folder.write(path, KEY);
	expect(placesOf(await filesOf(folder.path))).toEqual([".env:1:1", "a/b.ts:1:1"]);
});

test("a file or folder that is named is searched also if git ignores it, once, and named from here", async () => {
	using folder = new Folder();
	folder.git("init", "-q");
	folder.write(".gitignore", "dist\n");
	folder.write("dist/a.js", KEY);
	folder.write("dist/deep/b.js", KEY);
	folder.write("src/c.ts", KEY);
	expect(placesOf(await filesOf(folder.path, ["dist", "dist/a.js"]))).toEqual([
		"dist/a.js:1:1",
		"dist/deep/b.js:1:1",
	]);
	expect(placesOf(await filesOf(folder.path, ["../dist/a.js"], folder.at("src")))).toEqual([
		"../dist/a.js:1:1",
	]);
	await expect(filesOf(folder.path, ["nothing"])).rejects.toMatchObject({
		code: "SCAN_PATH_NOT_FOUND",
		exit: 4,
	});
});

test("odd names are read and shown; links are searched and not followed; a pipe is left alone", async () => {
	using folder = new Folder();
	using elsewhere = new Folder();
	elsewhere.write("secret", KEY);
	folder.git("init", "-q");
	folder.write(Buffer.from([0x61, 0xff, 0x0a, 0x62]), KEY);
	folder.write(" -q\t[*].ts", KEY);
	symlinkSync(elsewhere.at("secret"), folder.at("out"));
	symlinkSync(`gone-${KEY}`, folder.at("dangling"));
	symlinkSync("..", folder.at("loop"));
	execFileSync("mkfifo", [folder.at("pipe")]);
	const expected = [" -q\t[*].ts:1:1", "a\\xff\nb:1:1", "dangling:1:6"];
	expect(placesOf(await filesOf(folder.path))).toEqual(expected);
	folder.git("add", "-A");
	expect(placesOf(await indexOf(folder.path))).toEqual(expected);
	using plain = new Folder();
	plain.write(Buffer.from([0x61, 0xff]), KEY);
	expect(placesOf(await filesOf(plain.path))).toEqual(["a\\xff:1:1"]);
});

test("a link that is named is followed; what cannot be read is reported, and does not stop the scan", async () => {
	using folder = new Folder();
	folder.write("a", KEY);
	symlinkSync("a", folder.at("link"));
	const scan = await filesOf(folder.path, ["/proc/self/mem", "link"]);
	expect(placesOf(scan)).toEqual(["link:1:1"]);
	expect(scan.unread).toMatchObject([{ code: "EIO" }]);
});

test("git's index is searched and not the disk; both sides of a conflict; files of a sparse checkout are counted", async () => {
	using folder = new Folder();
	folder.git("init", "-q");
	mkdirSync(folder.at("kept"));
	for (const path of ["kept/a.ts", "left/b.ts", "left/c.ts"]) folder.write(path, `1\n${KEY}`);
	folder.commit();
	folder.git("sparse-checkout", "set", "kept");
	folder.write("kept/a.ts", "clean");
	expect(placesOf(await indexOf(folder.path))).toEqual(["kept/a.ts:2:1", "left/b.ts:2:1", "left/c.ts:2:1"]);
	expect(await filesOf(folder.path)).toMatchObject({ findings: [], absent: 2 });
	folder.git("checkout", "-q", "-b", "other");
	folder.write("kept/a.ts", "theirs");
	folder.commit();
	folder.git("checkout", "-q", "main");
	folder.write("kept/a.ts", `ours ${KEY}`);
	folder.commit();
	expect(() => folder.git("merge", "-q", "other")).toThrow();
	expect(placesOf(await indexOf(folder.path))).toContain("kept/a.ts:1:6");
});

test("a value is allowed in a file by its path from the top, and by any of its forms", async () => {
	using folder = new Folder();
	folder.git("init", "-q");
	for (const path of ["docs/a.md", "docs/b.md"]) folder.write(path, Buffer.from(KEY).toString("base64"));
	const [first] = (await filesOf(folder.path, [], folder.at("docs"))).findings;
	expect(first).toMatchObject({ file: "a.md", allow: "KEY docs/a.md", form: "base64" });
	folder.write(".coffer-allow", `${first?.allow}\n`);
	expect(placesOf(await filesOf(folder.path))).toEqual(["docs/b.md:1:1"]);
	folder.git("add", "-A");
	expect(placesOf(await indexOf(folder.path))).toEqual(["docs/b.md:1:1"]);
});
