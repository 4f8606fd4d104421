/** Small files that only the holder of a key can write. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cryptoReady, randomBytes } from "../../../src/crypto.ts";
import { readSignedJson, writeSignedJson } from "../../../src/project/memory/signed-json.ts";

await cryptoReady;
const KEY = randomBytes(32);
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-signed-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => ({ folder, name: "place/memory.json" });
/** Another one where the file was written anew. */
const inode = () => statSync(join(folder, "place/memory.json")).ino;

test("what is there already is not written again; what is not, is", async () => {
	await writeSignedJson(file(), KEY, { seen: "one" });
	const before = inode();
	await writeSignedJson(file(), KEY, { seen: "one" });
	expect(inode()).toBe(before);
	await writeSignedJson(file(), KEY, { seen: "two" });
	expect(inode()).not.toBe(before);
	expect(await readSignedJson(file(), KEY)).toMatchObject({ seen: "two" });
});

test("under another key, or over what is none, it is written", async () => {
	await writeSignedJson(file(), KEY, { seen: "one" });
	const other = randomBytes(32);
	await writeSignedJson(file(), other, { seen: "one" });
	expect(await readSignedJson(file(), other)).toMatchObject({ seen: "one" });
	writeFileSync(join(folder, "place/memory.json"), "junk");
	await writeSignedJson(file(), KEY, { seen: "one" });
	expect(await readSignedJson(file(), KEY)).toMatchObject({ seen: "one" });
});
