/** What `coffer dev` sees of a project's functions, and of their changes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { type Look, ProjectFunctions } from "../../../src/local/dev/project-functions.ts";

const PLAIN = "export default () => new Response();";
const SHARING = `import { shared } from "../../shared/x.ts"; export default () => new Response(shared);`;

let root: string;
let functions: ProjectFunctions;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-dev-"));
	write("functions/a/index.ts", SHARING);
	write("functions/b/index.ts", PLAIN);
	write("shared/x.ts", `export const shared = "x";`);
	functions = new ProjectFunctions(root, []);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
	mkdirSync(dirname(join(root, path)), { recursive: true });
	writeFileSync(join(root, path), text);
}

/** The changed functions with their changed files or the code of their error, and the removed functions. */
const shown = ({ changed, removed }: Look) => ({
	changed: changed.map(({ changed: paths, entry, files }) => [
		entry.name,
		files instanceof AppError ? files.code : paths,
	]),
	removed,
});
const again = async (...paths: string[]) => shown(await functions.again(new Set(paths)));

test("the first read has all functions, and a later one those whose files have changed", async () => {
	expect(shown(await functions.first())).toEqual({
		changed: [
			["a", ["functions/a/index.ts", "shared/x.ts"]],
			["b", ["functions/b/index.ts"]],
		],
		removed: [],
	});
	expect(functions.names).toEqual(["a", "b"]);
	write("shared/x.ts", `export const shared = "y";`);
	expect(await again("shared/x.ts")).toEqual({ changed: [["a", ["shared/x.ts"]]], removed: [] });
	expect(await again("shared/x.ts", "README.md")).toEqual({ changed: [], removed: [] });
});

test("a fault is reported once, and ends with the file that an import lacked", async () => {
	await functions.first();
	write("functions/b/index.ts", `import "./absent.ts";`);
	expect((await again("functions/b/index.ts")).changed).toEqual([["b", "IMPORT_NOT_FOUND"]]);
	expect((await again("functions/b/index.ts")).changed).toEqual([]);
	// This file belongs to no function yet.
	write("functions/b/absent.ts", "export {};");
	expect((await again("functions/b/absent.ts")).changed).toEqual([
		["b", ["functions/b/absent.ts", "functions/b/index.ts"]],
	]);
});

test("a fault that is undone is reported without changed files", async () => {
	await functions.first();
	write("functions/a/index.ts", `import "./no.ts";`);
	await again("functions/a/index.ts");
	write("functions/a/index.ts", SHARING);
	expect((await again("functions/a/index.ts")).changed).toEqual([["a", []]]);
});

test("while a function has a fault, a file of another function may end it", async () => {
	await functions.first();
	write("functions/b/index.ts", SHARING);
	write("shared/x.ts", `import "./no.ts"; export const shared = "y";`);
	await again("functions/b/index.ts", "shared/x.ts");
	// Of what was read without a fault, only function a has this file.
	write("shared/x.ts", `export const shared = "x";`);
	expect((await again("shared/x.ts")).changed).toEqual([
		["a", []],
		["b", ["functions/b/index.ts", "shared/x.ts"]],
	]);
});

test("functions are added and removed", async () => {
	await functions.first();
	write("functions/c/index.ts", PLAIN);
	rmSync(join(root, "functions/b"), { recursive: true });
	expect(await again("functions/c/index.ts", "functions/b/index.ts")).toEqual({
		changed: [["c", ["functions/c/index.ts"]]],
		removed: ["b"],
	});
	expect(functions.names).toEqual(["a", "c"]);
});

test("only named functions are read, and a name that the project lacks is an error", async () => {
	functions = new ProjectFunctions(root, ["b"]);
	expect(shown(await functions.first()).changed).toEqual([["b", ["functions/b/index.ts"]]]);
	write("functions/c/index.ts", PLAIN);
	expect(await again("functions/c/index.ts")).toEqual({ changed: [], removed: [] });
	await expect(new ProjectFunctions(root, ["no"]).first()).rejects.toMatchObject({
		code: "FUNCTION_NOT_FOUND",
		exit: 4,
	});
});

test("functions are read anew with all their files, except those that no longer exist", async () => {
	await functions.first();
	expect(shown(await functions.anew(["b", "gone"])).changed).toEqual([["b", ["functions/b/index.ts"]]]);
});
