/** The folder for the file of `secrets edit`. */
import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makePrivateFolder } from "../../../src/cli/editor/private-folder.ts";
import { refusal } from "../../support/refusal.ts";

test("a folder that is not in memory is refused, unless the disk is allowed", () => {
	const error = refusal(() => makePrivateFolder(["/proc", "/nowhere"], false));
	expect(error).toMatchObject({ code: "NO_MEMORY_FOLDER", exit: 1 });
	expect(error.hint).toContain("--allow-disk");
	using folder = makePrivateFolder(["/proc"], true);
	expect(folder.path.startsWith(tmpdir())).toBe(true);
	expect(statSync(folder.path).mode & 0o777).toBe(0o700);
});

test("disposal overwrites the files and removes the folder", () => {
	const kept = join(tmpdir(), `coffer-wiped-${process.pid}`);
	const folder = makePrivateFolder([], true);
	writeFileSync(join(folder.path, "file~"), "the value");
	// A second name of the same file shows what became of its content.
	linkSync(join(folder.path, "file~"), kept);
	folder[Symbol.dispose]();
	expect(existsSync(folder.path)).toBe(false);
	expect(readFileSync(kept, "utf8")).toBe("\0".repeat(9));
	rmSync(kept);
});

test("a folder that a killed process has left is wiped, and no other", () => {
	const mine = makePrivateFolder([], true);
	const [prefix = "", namespace = ""] = /^coffer-edit-(\d+)-/.exec(basename(mine.path)) ?? [];
	const { pid: ended } = spawnSync("/bin/true");
	const make = (name: string) => {
		const path = join(tmpdir(), name);
		mkdirSync(path);
		writeFileSync(join(path, "secrets.env"), "the value");
		onTestFinished(() => rmSync(path, { recursive: true, force: true }));
		return path;
	};
	const left = make(`${prefix}${ended}-a`);
	const kept = join(tmpdir(), `coffer-left-${process.pid}`);
	linkSync(join(left, "secrets.env"), kept);
	onTestFinished(() => rmSync(kept));
	const others = [
		mine.path,
		make(`${prefix}${process.ppid}-a`),
		make(`coffer-edit-${namespace}1-${ended}-a`),
		make(`coffer-edit-a${ended}`),
	];
	makePrivateFolder([], true)[Symbol.dispose]();
	expect(existsSync(left)).toBe(false);
	expect(readFileSync(kept, "utf8")).toBe("\0".repeat(9));
	expect(others.map((path) => existsSync(path))).toEqual(others.map(() => true));
	mine[Symbol.dispose]();
});
