import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { discoverFunctions } from "../../../src/project/functions/discover.ts";

let root: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-base44-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
}

const MODULE = "export default () => new Response();\n";

describe("the functions of a Base44 project", () => {
	test("are named by their path or by their file, at any depth, next to Coffer's own functions", async () => {
		write({
			"functions/own/index.ts": MODULE,
			"base44/functions/hello/entry.ts": MODULE,
			"base44/functions/hello/deep/entry.js": MODULE,
			"base44/functions/lib/entry.ts": MODULE,
			"base44/functions/a/b/function.jsonc": '{ "name": "other", "entry": "src/index.ts", "cron_like": 1 }',
			"base44/functions/a/b/src/index.ts": MODULE,
			"base44/functions/a/b/src/helper.ts": MODULE,
			"base44/functions/v1.0/entry.ts": MODULE,
			"base44/functions/hello/index.ts": MODULE,
			"base44/shared/entry.ts": MODULE,
		});
		expect(await discoverFunctions(root)).toEqual([
			{ name: "hello", entry: "base44/functions/hello/entry.ts" },
			{ name: "hello/deep", entry: "base44/functions/hello/deep/entry.js" },
			{ name: "lib", entry: "base44/functions/lib/entry.ts" },
			{
				name: "other",
				entry: "base44/functions/a/b/src/index.ts",
				settings: "base44/functions/a/b/function.jsonc",
			},
			{ name: "own", entry: "functions/own/index.ts" },
		]);
	});

	test.each([
		[
			"the same name as another's",
			{ "functions/x.ts": MODULE, "base44/functions/x/entry.ts": MODULE },
			"FUNCTION_DUPLICATE",
		],
		[
			"not give a name that a URL can contain",
			{ "base44/functions/a b/entry.ts": MODULE },
			"FUNCTION_NAME_INVALID",
		],
		["an entry in no folder of its own", { "base44/functions/entry.ts": MODULE }, "FUNCTION_NAME_INVALID"],
		["a file that says no entry", { "base44/functions/x/function.jsonc": "{}" }, "FUNCTION_SETTINGS_INVALID"],
		[
			"an entry that is not there",
			{ "base44/functions/x/function.json": '{"name":"x","entry":"entry.ts"}' },
			"FUNCTION_SETTINGS_INVALID",
		],
		[
			"a name that is no text",
			{
				"base44/functions/x/function.jsonc": '{"name":7,"entry":"entry.ts"}',
				"base44/functions/x/entry.ts": MODULE,
			},
			"FUNCTION_SETTINGS_INVALID",
		],
	] as const)("with %s are refused", async (_, files, code) => {
		write(files);
		await expect(discoverFunctions(root)).rejects.toMatchObject({ code, exit: 2 });
	});

	test("are searched only in the project, and the search ends", async () => {
		write({ "base44/functions/x/entry.ts": MODULE });
		symlinkSync("..", join(root, "base44/functions/x/circle"));
		expect(await discoverFunctions(root)).toEqual([{ name: "x", entry: "base44/functions/x/entry.ts" }]);
		symlinkSync(tmpdir(), join(root, "base44/functions/out"));
		await expect(discoverFunctions(root)).rejects.toMatchObject({ code: "SOURCE_OUTSIDE" });
	});
});
