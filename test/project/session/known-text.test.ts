/** How a device reads a text that it has parsed before, and one that is new. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hash, toBase64 } from "../../../src/crypto.ts";
import { readSignedJson, writeSignedJson } from "../../../src/project/memory/signed-json.ts";
import { openEnvironment } from "../../../src/project/session/open-session.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { TextRecords } from "../../../src/vault/document/text-records.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";

async function isKnown(project: TestProject): Promise<boolean> {
	return (await openEnvironment(project.context)).verified.section.records instanceof TextRecords;
}

/** The files of this device's memory with such a name, as arguments for `readSignedJson`. */
function memoryFiles(project: TestProject, prefix: string) {
	const { vaultId } = parseVault(readFileSync(project.path, "utf8"));
	const folder = project.context.stateFolder;
	const names = readdirSync(join(folder, vaultId, "production")).filter((name) => name.startsWith(prefix));
	return names.map((name) => ({ folder, name: `${vaultId}/production/${name}` }));
}

test("a text is known if a command of this device wrote or read it, and every other text is not", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one", C: "three" });
	expect(await isKnown(project)).toBe(true);
	const before = await project.read();
	await project.set({ B: "two" });
	expect(await isKnown(project)).toBe(true);
	await project.write(before);
	expect(await isKnown(project)).toBe(false);
	await project.list();
	expect(await isKnown(project)).toBe(true);
	rmSync(project.context.stateFolder, { recursive: true });
	expect(await isKnown(project)).toBe(false);
});

test("every change of one character in a known text is found", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one", B: "two" });
	const text = await project.read();
	for (const at of [...text.matchAll(/\S+/g)].map(({ index }) => index)) {
		await project.write(`${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`);
		expect(await refusalOf(project.list())).toMatchObject({ exit: expect.any(Number) });
	}
	await project.write(text);
	expect((await project.list()).secrets).toEqual({ A: 1, B: 1 });
});

test("a device that does not know a text reads values that were set in it", async () => {
	using project = await TestProject.create();
	const names = Array.from({ length: 30 }, (_, index) => `NAME_${index}`);
	await project.set(Object.fromEntries(names.map((name) => [name, "first"])));
	for (const name of ["NAME_0", "AAA", "NAME_29", "ZZZ"]) await project.set({ [name]: "second" });
	await project.delete("NAME_11");
	rmSync(project.context.stateFolder, { recursive: true });
	const { secrets } = await project.list();
	expect(Object.keys(secrets)).toEqual([...names, "AAA", "ZZZ"].filter((name) => name !== "NAME_11").sort());
	expect(secrets).toMatchObject({ NAME_0: 2, NAME_1: 1, NAME_29: 2, AAA: 1 });
});

test("damaged state is refused as before, also with a damaged vault", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one" });
	for (const { folder, name } of memoryFiles(project, "checkout"))
		writeFileSync(join(folder, name), "junk\n");
	expect(await refusalOf(project.list())).toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
	await project.write((await project.read()).replace("\n\n", "\n"));
	expect(await refusalOf(project.list())).toMatchObject({ code: "VAULT_MALFORMED", exit: 7 });
});

test("hashes from version 0.1.0 are valid, but their text is parsed once more", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one" });
	const old = toBase64(hash(await project.read()));
	const { stateKey } = project.context.identity;
	for (const file of memoryFiles(project, "checkout")) {
		const memory = { ...(await readSignedJson(file, stateKey)), seen: old, written: old, whole: old };
		await writeSignedJson(file, stateKey, memory);
	}
	expect(await isKnown(project)).toBe(false);
	await project.set({ A: "two" });
	expect(await isKnown(project)).toBe(true);
	// The mark still counts as made here, because this device had written the text.
	const [marks] = await Promise.all(
		memoryFiles(project, "marks").map((file) => readSignedJson(file, stateKey)),
	);
	expect(marks).toMatchObject({ marks: expect.stringMatching(/^A 2 \S+ 0 1;$/) });
});
