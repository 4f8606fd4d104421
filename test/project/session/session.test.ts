/** The device's memory of a vault, and what it detects with it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { identityOf } from "../../../src/identity/identity.ts";
import { getSecret, readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { withSection } from "../../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bob, PRODUCTION, VaultMaker } from "../../vault/maker.ts";
import { contextOf, TestProject } from "../project.ts";

/** The file's text without one record. */
function without(text: string, name: string): string {
	const lines = text.split("\n");
	const at = lines.indexOf(name);
	return [...lines.slice(0, at), ...lines.slice(at + 3)].join("\n");
}

describe("version marks", () => {
	test("a record that is rolled back is reported once, and again when it happens again", async () => {
		using project = await TestProject.create();
		await project.set({ A: "old", B: "b" });
		const old = await project.read();
		await project.set({ A: "new" });
		const present = await project.read();
		await project.write(old);
		const first = await project.list();
		expect(first.warnings).toEqual([expect.stringMatching(/^Older than this device has seen: A\./)]);
		expect((await project.list()).warnings).toEqual([]);
		await project.write(present);
		expect((await project.list()).warnings).toEqual([]);
		await project.write(old);
		expect((await project.list()).warnings).toHaveLength(1);
		// The next version continues from the highest seen version, not from the file's.
		await project.set({ A: "newest" });
		expect((await project.list()).secrets).toEqual({ A: 3, B: 1 });
	});

	test("every older state of a vault is detected", async () => {
		using project = await TestProject.create();
		const states = [await project.read()];
		for (const secrets of [{ A: "1" }, { B: "1" }, { A: "2" }, { C: "1", B: "2" }]) {
			await project.set(secrets);
			states.push(await project.read());
		}
		await project.delete("A");
		await project.list();
		for (const state of states) {
			await project.write(state);
			expect((await project.list()).warnings).not.toEqual([]);
		}
	});

	test("a missing record is reported once", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		await project.write(without(await project.read(), "A"));
		expect((await project.list()).warnings).toEqual([
			expect.stringMatching(/^Seen on this device before, absent now: A\./),
		]);
		expect((await project.list()).warnings).toEqual([]);
	});

	test("a fresh clone says so and shows the vault's id, once", async () => {
		using project = await TestProject.create();
		rmSync(project.context.stateFolder, { recursive: true });
		const { warnings } = await project.list();
		expect(warnings).toEqual([expect.stringContaining(parseVault(await project.read()).vaultId)]);
		expect((await project.list()).warnings).toEqual([]);
	});

	test("another vault in the same folder is refused, and nothing is written", async () => {
		using project = await TestProject.create();
		await project.set({ A: "mine" });
		const other = new VaultMaker().set("A", "theirs").text;
		await project.write(other);
		// One after the other, because a rejection of the second one during the wait for the first would be
		// unhandled.
		for (const action of [() => project.list(), () => project.set({ B: "b" })]) {
			expect(await refusalOf(action())).toMatchObject({ code: "VAULT_REPLACED", exit: 7 });
		}
		expect(await project.read()).toBe(other);
	});

	test("a text of which only some records were verified does not count as completely verified", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b", C: "c" });
		const text = await project.read();
		rmSync(project.context.stateFolder, { recursive: true });
		const at = text.indexOf("\n", text.indexOf("\nB\n") + 3) - 1;
		const forged = `${text.slice(0, at)}${text[at] === "A" ? "Q" : "A"}${text.slice(at + 1)}`;
		await project.write(forged);
		const { session, remember } = await readSession(project.context);
		expect(getSecret(session, "A")).toMatchObject({ value: "a" });
		await remember();
		expect(await refusalOf(project.list())).toMatchObject({ code: "RECORD_FORGED" });
		await project.set({ C: "new" });
		expect(await refusalOf(project.list())).toMatchObject({ code: "RECORD_FORGED" });
		const line = (vault: string) => vault.split("\n")[vault.split("\n").indexOf("B") + 1] ?? "";
		await project.write((await project.read()).replace(line(forged), line(text)));
		expect((await project.list()).secrets).toEqual({ A: 1, B: 1, C: 2 });
		// Now this text counts as verified, and a different text does not.
		const whole = await project.read();
		await project.write(
			whole.replace(
				/(\nA\n\S+ \S+ \S+ \S+ \S+ )(.)/,
				(_, start: string, first: string) => `${start}${first === "A" ? "B" : "A"}`,
			),
		);
		expect(await refusalOf(project.list())).toMatchObject({ code: "RECORD_FORGED" });
	});

	test("an identity that is bound to a vault cannot open another vault on any machine", async () => {
		using project = await TestProject.create();
		const identity = identityOf(new Uint8Array(32).fill(1), new VaultMaker().document.vaultId);
		const context = { ...project.context, identity, stateFolder: join(project.folder, "other-state") };
		expect(await refusalOf(project.list(context))).toMatchObject({ code: "VAULT_REPLACED", exit: 7 });
	});

	test("an identity that is not a member can decrypt nothing", async () => {
		using project = await TestProject.create();
		const stranger = contextOf(project.root, join(project.folder, "strange-state"), 66);
		expect(await refusalOf(project.list(stranger))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
	});

	test("a forked membership is refused, and an older one causes a warning", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		const young = maker.document;
		await project.write(maker.add(bob, "writer", "bob").text);
		await project.list();
		await project.write(printVault(young));
		expect((await project.list()).warnings).toEqual([
			expect.stringContaining("membership in this file is older"),
		]);
		maker.document = young;
		await project.write(maker.add(bob, "reader", "robert").text);
		expect(await refusalOf(project.list())).toMatchObject({ code: "MEMBERSHIP_DIVERGED", exit: 7 });
	});

	test("a file of an older epoch can be read with a warning, and not be written", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		const old = maker.add(bob, "writer", "bob").text;
		await project.write(maker.epoch([bob]).text);
		await project.list();
		await project.write(old);
		expect((await project.list()).warnings).toHaveLength(1);
		expect(await refusalOf(project.set({ A: "x" }))).toMatchObject({ code: "EPOCH_OLDER", exit: 7 });
		expect(await project.read()).toBe(old);
	});

	test("a reader can read and cannot write", async () => {
		using project = await TestProject.create();
		await project.set({ A: "value" });
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		await project.write(maker.add(bob, "reader", "ci").text);
		const reader = contextOf(project.root, join(project.folder, "reader-state"), 2);
		const { session } = await readSession(reader);
		expect(getSecret(session, "A").value).toBe("value");
		expect(await refusalOf(setSecrets(reader, new Map([["A", "x"]])))).toMatchObject({
			code: "NOT_A_WRITER",
			exit: 3,
		});
	});

	test("a value that a removed writer did not re-encrypt is refused until a member sets it", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		maker.add(bob, "writer", "bob");
		// Almost the highest version. If it counted, no further version would be possible.
		const first = maker.seal("A", "bob's", PRODUCTION, bob);
		const nearlyLast = { ...first, version: 999_999_997 };
		const before = maker.section();
		maker.document = withSection(maker.document, { ...before, records: new Map([["A", nearlyLast]]) });
		const backdated = maker.seal("A", "bob's", PRODUCTION, bob);
		expect(backdated.version).toBe(999_999_998);
		maker.document = withSection(maker.document, before);
		maker.epoch([bob]);
		const section = maker.section();
		maker.document = withSection(maker.document, { ...section, records: new Map([["A", backdated]]) });
		await project.write(maker.text);
		expect(await refusalOf(project.list())).toMatchObject({ code: "RECORD_AUTHOR_REMOVED", exit: 7 });
		expect(await project.set({ A: "bob's" })).toMatchObject({ changed: ["A"] });
		expect((await project.list()).secrets).toEqual({ A: 1 });
		expect(await project.set({ A: "next" })).toMatchObject({ changed: ["A"] });
		expect((await project.list()).secrets).toEqual({ A: 2 });
	});
});
