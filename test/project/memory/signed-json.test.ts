/** Small files that only the holder of a key can write. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lengthPrefixed } from "../../../src/bytes.ts";
import { cryptoReady, hash, randomBytes, toBase64 } from "../../../src/crypto.ts";
import { readSignedJson, writeSignedJson } from "../../../src/project/memory/signed-json.ts";
import { refusalOf } from "../../support/refusal.ts";

await cryptoReady;
const KEY = randomBytes(32);
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-signed-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => ({ folder, name: "place/memory.json" });
/** Differs if the file was written again. */
const inode = () => statSync(join(folder, "place/memory.json")).ino;

test("equal content is not written again, and other content is", async () => {
	await writeSignedJson(file(), KEY, { seen: "one" });
	const before = inode();
	await writeSignedJson(file(), KEY, { seen: "one" });
	expect(inode()).toBe(before);
	await writeSignedJson(file(), KEY, { seen: "two" });
	expect(inode()).not.toBe(before);
	expect(await readSignedJson(file(), KEY)).toMatchObject({ seen: "two" });
});

test("content under another key, or over an invalid file, is written", async () => {
	await writeSignedJson(file(), KEY, { seen: "one" });
	const other = randomBytes(32);
	await writeSignedJson(file(), other, { seen: "one" });
	expect(await readSignedJson(file(), other)).toMatchObject({ seen: "one" });
	writeFileSync(join(folder, "place/memory.json"), "junk");
	await writeSignedJson(file(), KEY, { seen: "one" });
	expect(await readSignedJson(file(), KEY)).toMatchObject({ seen: "one" });
});

test("a file with the MAC of version 0.1.0 is read, and one with a wrong MAC of that kind is not", async () => {
	const json = '{"format":1,"seen":"one"}';
	const old = toBase64(hash(lengthPrefixed("coffer/state/1", file().name, json), KEY));
	mkdirSync(join(folder, "place"));
	writeFileSync(join(folder, "place/memory.json"), `${old}\n${json}\n`);
	expect(await readSignedJson(file(), KEY)).toMatchObject({ seen: "one" });
	writeFileSync(join(folder, "place/memory.json"), `${old}\n${json.replace("one", "two")}\n`);
	expect(await refusalOf(readSignedJson(file(), KEY))).toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
	writeFileSync(join(folder, "place/memory.json"), `hmac-sha256.${old}\n${json}\n`);
	expect(await refusalOf(readSignedJson(file(), KEY))).toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
});
