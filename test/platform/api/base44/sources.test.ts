import { describe, expect, test } from "vitest";
import { arrangeSources, folderOf } from "../../../../src/platform/api/base44/sources.ts";

const file = (path: string) => ({ path, content: `// ${path}` });
const placed = (name: string, entry: string, ...paths: string[]) => {
	const { files, ...rest } = arrangeSources(name, entry, paths.map(file));
	return { ...rest, files: [...files.keys()] };
};

describe("the files of a function that the Base44 CLI sends", () => {
	test("keep their paths of the project, also shared files", () => {
		expect(placed("hello", "entry.ts", "entry.ts", "lib/x.ts", "../../shared/y.ts")).toEqual({
			entry: "base44/functions/hello/entry.ts",
			settings: undefined,
			files: ["base44/functions/hello/entry.ts", "base44/functions/hello/lib/x.ts", "base44/shared/y.ts"],
		});
		expect(placed("api/billing", "entry.ts", "entry.ts", "../../../shared/y.ts").files).toEqual([
			"base44/functions/api/billing/entry.ts",
			"base44/shared/y.ts",
		]);
	});

	test("have paths relative to the entry's folder if it is not the function's folder", () => {
		expect(placed("x", "src/index.ts", "index.ts", "../function.jsonc", "../../../shared/y.ts")).toEqual({
			entry: "base44/functions/x/src/index.ts",
			settings: "base44/functions/x/function.jsonc",
			files: ["base44/functions/x/src/index.ts", "base44/functions/x/function.jsonc", "base44/shared/y.ts"],
		});
	});

	test("never leave the root, however deep the folder of a function's name is", () => {
		const { entry, files } = placed("x", "entry.ts", "entry.ts", "../../../../../shared/y.ts");
		expect(files.every((path) => !path.split("/").includes(".."))).toBe(true);
		expect(entry.endsWith("/x/entry.ts")).toBe(true);
		expect(new Set(files).size).toBe(2);
	});

	test.each([
		["absolute", "/etc/passwd"],
		["far up", `${"../".repeat(17)}x.ts`],
		["of two dots alone", ".."],
		["with a backslash", "..\\x.ts"],
	])("are refused if a path is %s", (_, path) => {
		expect(() => placed("x", "entry.ts", "entry.ts", path)).toThrow(
			expect.objectContaining({ code: "UPLOAD_PATH_INVALID", exit: 2 }),
		);
	});

	test("are refused if two of them are the same file", () => {
		expect(() => placed("x", "entry.ts", "entry.ts", "./a/../entry.ts")).toThrow("same path");
	});

	test.each([
		["hello", "base44/functions/hello/entry.ts", "base44/functions/hello"],
		["x", "base44/functions/x/src/x/index.ts", "base44/functions/x/src/x"],
		["api/billing", "functions/api/billing/index.ts", "functions/api/billing"],
		["flat", "functions/flat.ts", "functions"],
	])("of %s at %s are in the folder %s", (name, entry, folder) => {
		expect(folderOf(name, entry)).toBe(folder);
	});
});
