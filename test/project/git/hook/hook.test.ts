/** Coffer's lines in a pre-commit hook. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cryptoReady } from "../../../../src/crypto.ts";
import { addToHook, removeFromHook } from "../../../../src/project/git/hook/hook.ts";

await cryptoReady;

let folder: string;
let path: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-hook-"));
	path = join(folder, "pre-commit");
});
afterEach(() => rmSync(folder, { recursive: true }));

const PROGRAM = { script: "/opt/it's here/run.js", node: "/opt/node" };

test("is created, is executable, and is removed again", async () => {
	expect(await addToHook(path, PROGRAM)).toBe("made");
	expect(statSync(path).mode & 0o111).toBe(0o111);
	expect(await addToHook(path, PROGRAM)).toBe("present");
	expect(await removeFromHook(path)).toBe(true);
	expect(() => statSync(path)).toThrow();
	expect(await removeFromHook(path)).toBe(false);
});

test.each(["#!/bin/sh\nnpm test\n", "#!/usr/bin/env bash\nset -e\necho hi\n", "#!/bin/sh -e\ntrue"])(
	"is inserted first in an existing script: %j",
	async (script) => {
		writeFileSync(path, script, { mode: 0o755 });
		expect(await addToHook(path, { ...PROGRAM, script: "/old/run.js" })).toBe("added");
		expect(await addToHook(path, PROGRAM)).toBe("added");
		const text = readFileSync(path, "utf8");
		expect(text).not.toContain("/old/");
		expect(text.match(/git check/g)).toHaveLength(1);
		expect(text.split("\n")[0]).toBe(script.split("\n")[0]);
		expect(await removeFromHook(path)).toBe(true);
		expect(readFileSync(path, "utf8")).toBe(script);
	},
);

test.each([
	["#!/usr/bin/env node\nmain();\n"],
	["no first line\n"],
	[new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff])],
])("is not changed if it is not a shell script", async (content) => {
	writeFileSync(path, content);
	expect(await addToHook(path, PROGRAM)).toBe("foreign");
	expect(await removeFromHook(path)).toBe(false);
	expect(readFileSync(path)).toEqual(Buffer.from(content));
});
