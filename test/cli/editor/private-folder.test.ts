/** The folder for the file of `secrets edit`. */
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
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
