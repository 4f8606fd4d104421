import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";

let directory: string;
let native: string;
beforeAll(async () => {
	directory = await mkdtemp(join(tmpdir(), "cr-"));
	native = await findDeno();
	for (const folder of ["wrapper", "linked", "other", "plain"]) await mkdir(join(directory, folder));
	await writeFile(join(directory, "wrapper", "deno"), "#!/usr/bin/env node\n", { mode: 0o755 });
	await symlink(native, join(directory, "linked", "deno"));
	await copyFile("/bin/true", join(directory, "other", "deno"));
	await writeFile(join(directory, "plain", "deno"), "no program");
	await chmod(join(directory, "plain", "deno"), 0o644);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const at = (folder: string) => join(directory, folder, "deno");

test("without a path, the binary of the optional package is used, not its wrapper script", () => {
	expect(native).toMatch(/@deno\/[a-z0-9-]+\/deno(\.exe)?$/);
});

describe("a Deno in the search path", () => {
	test("is used instead of the package", async () => {
		expect(await findDeno({ searchPath: `${dirname(at("linked"))}` })).toBe(at("linked"));
	});

	test("is asked for its version again once it is another file", async () => {
		const searchPath = dirname(at("replaced"));
		await mkdir(searchPath);
		await symlink(native, at("replaced"));
		expect(await findDeno({ searchPath })).toBe(at("replaced"));
		await rm(at("replaced"));
		await copyFile("/bin/true", at("replaced"));
		expect(await findDeno({ searchPath })).toBe(native);
	});

	test("is ignored if the file is a script, another program or plain data", async () => {
		const searchPath = ["wrapper", "other", "plain", "nowhere"]
			.map((folder) => join(directory, folder))
			.join(":");
		expect(await findDeno({ searchPath })).toBe(native);
		expect(await findDeno({ searchPath: `${searchPath}:${join(directory, "linked")}` })).toBe(at("linked"));
	});
});

describe("a path in COFFER_DENO", () => {
	test("is used instead of the search path and the package", async () => {
		expect(await findDeno({ explicit: at("linked"), searchPath: "" })).toBe(at("linked"));
	});

	test.each(["wrapper", "other", "plain", "nowhere"])(
		"is an error where it is no native Deno: %s",
		async (folder) => {
			await expect(findDeno({ explicit: at(folder) })).rejects.toMatchObject({
				code: "DENO_NOT_FOUND",
				exit: 1,
				message: expect.stringContaining(at(folder)),
				hint: expect.stringMatching(/COFFER_DENO.*PATH.*npm install --global deno$/),
			});
		},
	);

	test("is ignored if it is empty", async () => {
		expect(await findDeno({ explicit: "" })).toBe(native);
	});
});
