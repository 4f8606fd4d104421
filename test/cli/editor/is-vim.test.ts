/** Vim is recognised under its other names, since it must not keep values in its history. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isVim } from "../../../src/cli/editor/run-editor.ts";

let root: string;
let path: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-vim-"));
	path = `${join(root, "none")}:${root}`;
	for (const name of ["vim.basic", "nvim", "nano", "vimdiff-like"]) writeFileSync(join(root, name), "");
	symlinkSync("vim.basic", join(root, "vim"));
	symlinkSync("vim", join(root, "vi"));
	mkdirSync(join(root, "bin"));
	symlinkSync("../nano", join(root, "bin/vi"));
});
afterAll(() => rmSync(root, { recursive: true }));

test.each(["vi", "vim", "vim -u NONE", "nvim", "nvim --clean"])("%s is Vim", (editor) => {
	expect(isVim(editor, path)).toBe(true);
	expect(isVim(join(root, editor), "")).toBe(true);
});

test.each(["nano", "code --wait", "vimdiff-like", "'a b/vim'", "", "absent"])(
	"%j is another editor",
	(editor) => {
		expect(isVim(editor, path)).toBe(false);
	},
);

test("the program that is started counts, and not its name", () => {
	expect(isVim("vi", join(root, "bin"))).toBe(false);
});
