/** What this device remembers of a vault, and notices because of it. */
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { identityOf } from "../../src/identity/identity.ts";
import { initProject } from "../../src/project/init.ts";
import { allValues, getSecret, readSession, setSecrets } from "../../src/project/secrets.ts";
import { editVault } from "../../src/project/vault-file.ts";
import { withSection } from "../../src/vault/document.ts";
import { parseVault, printVault } from "../../src/vault/format.ts";
import { refusalOf } from "../support/refusal.ts";
import { bob, PRODUCTION, VaultMaker } from "../vault/maker.ts";
import { contextOf, TestProject } from "./project.ts";

/** The file's text with one record's block taken out. */
function without(text: string, name: string): string {
	const lines = text.split("\n");
	const at = lines.indexOf(name);
	return [...lines.slice(0, at), ...lines.slice(at + 3)].join("\n");
}

describe("setting and deleting", () => {
	test("setting the value that a name has changes not a byte", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one", B: "" });
		const before = { text: await project.read(), stat: statSync(project.path, { bigint: true }) };
		expect(await project.set({ A: "one", B: "" })).toMatchObject({ changed: [], unchanged: ["A", "B"] });
		const after = { text: await project.read(), stat: statSync(project.path, { bigint: true }) };
		expect(after.text).toBe(before.text);
		expect([after.stat.ino, after.stat.mtimeNs]).toEqual([before.stat.ino, before.stat.mtimeNs]);
	});

	test("an edit touches its own block alone, and the file's mode stays", async () => {
		using project = await TestProject.create();
		expect(statSync(project.path).mode & 0o777).toBe(0o600);
		await project.set({ A: "one", B: "two", C: "three" });
		chmodSync(project.path, 0o640);
		const before = (await project.read()).split("\n");
		expect(await project.set({ B: "new" })).toMatchObject({ changed: ["B"] });
		const after = (await project.read()).split("\n");
		expect(after.filter((line, index) => line !== before[index])).toHaveLength(1);
		expect(statSync(project.path).mode & 0o777).toBe(0o640);
	});

	test("a deletion leaves a tombstone, counts on after it, and does nothing where one name is absent", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one", B: "two" });
		await project.delete("A");
		expect((await project.list()).secrets).toEqual({ B: 1 });
		const text = await project.read();
		for (const names of [["A"], ["B", "NEVER"]]) {
			expect(await refusalOf(project.delete(...names))).toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4 });
		}
		expect(await project.read()).toBe(text);
		await project.set({ A: "again" });
		expect((await project.list()).secrets).toEqual({ A: 3, B: 1 });
	});

	test("a name that is reserved or malformed, or a value too large, writes nothing of the rest either", async () => {
		using project = await TestProject.create();
		const text = await project.read();
		for (const bad of [
			{ LD_PRELOAD: "x" },
			{ "A-B": "x" },
			{ LARGE: "x".repeat(65_537) },
			{ LONE: "\ud800" },
		]) {
			expect((await refusalOf(project.set({ GOOD: "x", ...bad }))).exit).toBe(2);
		}
		expect(await project.read()).toBe(text);
	});

	test("a name that another program should not have written is not injected", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		await project.write(maker.set("NODE_OPTIONS", "--require /tmp/evil").text);
		const { session } = await readSession(project.context);
		expect(() => allValues(session)).toThrow(expect.objectContaining({ code: "NAME_RESERVED" }));
	});
});

describe("what was seen before", () => {
	test("a record that is rolled back is named once, and named again when it happens again", async () => {
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
		// The next value counts on from what was seen, not from what the file says.
		await project.set({ A: "newest" });
		expect((await project.list()).secrets).toEqual({ A: 3, B: 1 });
	});

	test("every older state of a vault is noticed", async () => {
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

	test("a record that is gone is named once", async () => {
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
		for (const action of [project.list(), project.set({ B: "b" })]) {
			expect(await refusalOf(action)).toMatchObject({ code: "VAULT_REPLACED", exit: 7 });
		}
		expect(await project.read()).toBe(other);
	});

	test("an identity that is bound to a vault opens no other, on any machine", async () => {
		using project = await TestProject.create();
		const identity = identityOf(new Uint8Array(32).fill(1), new VaultMaker().document.vaultId);
		const context = { ...project.context, identity, stateFolder: join(project.folder, "other-state") };
		expect(await refusalOf(project.list(context))).toMatchObject({ code: "VAULT_REPLACED", exit: 7 });
	});

	test("a stranger's identity opens nothing", async () => {
		using project = await TestProject.create();
		const stranger = contextOf(project.root, join(project.folder, "strange-state"), 66);
		expect(await refusalOf(project.list(stranger))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
	});

	test("a membership that forked is refused; an older one warns", async () => {
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

	test("a file of an older epoch is read with a warning, and not written to", async () => {
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

	test("a reader reads and does not write", async () => {
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

	test("a value that a removed writer left unsealed anew is refused until somebody sets it", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		maker.add(bob, "writer", "bob");
		const backdated = maker.seal("A", "bob's", PRODUCTION, bob);
		maker.epoch([bob]);
		const section = maker.section();
		maker.document = withSection(maker.document, { ...section, records: new Map([["A", backdated]]) });
		await project.write(maker.text);
		expect(await refusalOf(project.list())).toMatchObject({ code: "RECORD_AUTHOR_REMOVED", exit: 7 });
		expect(await project.set({ A: "bob's" })).toMatchObject({ changed: ["A"] });
		expect((await project.list()).secrets).toEqual({ A: 2 });
	});
});

describe("local state", () => {
	/** Path of the state file whose name begins so. */
	function stateFile(project: TestProject, prefix: string): string {
		const { vaultId } = parseVault(readFileSync(project.path, "utf8"));
		const folder =
			prefix === "projects"
				? join(project.context.stateFolder, "projects")
				: join(project.context.stateFolder, vaultId, "production");
		const name = readdirSync(folder).find((entry) => prefix === "projects" || entry.startsWith(prefix));
		return join(folder, name ?? "none");
	}

	test("holds no value and no path, and is for its owner alone", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a very secret value" });
		for (const prefix of ["marks", "checkout", "projects"]) {
			const file = stateFile(project, prefix);
			expect(statSync(file).mode & 0o777).toBe(0o600);
			const text = readFileSync(file, "utf8");
			expect(text).not.toContain("secret");
			expect(text).not.toContain(project.root);
		}
	});

	test.each(["marks", "checkout", "projects"])("a damaged %s file is refused", async (prefix) => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const file = stateFile(project, prefix);
		const text = readFileSync(file, "utf8");
		const bad = [
			text.replace("format", "formaT"),
			text.slice(0, -1),
			`${text.slice(0, -1)} `,
			`${text}\n`,
			"",
			"junk",
			text.slice(1),
		];
		for (const damaged of bad) {
			writeFileSync(file, damaged);
			expect(await refusalOf(project.list())).toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
		}
		writeFileSync(file, text);
		expect((await project.list()).warnings).toEqual([]);
	});

	test("no state file stands in for another, not even of the same name in another vault", async () => {
		using one = await TestProject.create();
		using two = await TestProject.create();
		for (const project of [one, two]) await project.set({ A: "one" });
		writeFileSync(stateFile(one, "marks"), readFileSync(stateFile(two, "marks")));
		expect(await refusalOf(one.list())).toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
	});

	test("lost altogether, nothing but memory is lost", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		rmSync(project.context.stateFolder, { recursive: true });
		await project.set({ A: "two" });
		expect((await project.list()).secrets).toEqual({ A: 2 });
	});
});

describe("the file itself", () => {
	test("bytes that are no text, and faults, name their line, and an edit writes nothing", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const bytes = Buffer.from(await project.read());
		const at = bytes.indexOf("\nA\n") + 1;
		const line = bytes.subarray(0, at).toString().split("\n").length;
		for (const byte of [0xff, 0xc0, 0x80, 0x00, 0x0d]) {
			const spoilt = Buffer.from(bytes);
			spoilt[at] = byte;
			await project.write(spoilt);
			expect(await refusalOf(project.list())).toMatchObject({ exit: 7, line });
			expect(await refusalOf(project.set({ B: "two" }))).toMatchObject({ exit: 7, line });
			expect(readFileSync(project.path)).toEqual(spoilt);
		}
	});

	test("a vault that is a link or a folder is neither read nor written", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const target = join(project.folder, "target");
		renameSync(project.path, target);
		const text = readFileSync(target, "utf8");
		symlinkSync(target, project.path);
		for (const action of [project.list(), project.set({ B: "two" })]) {
			expect(await refusalOf(action)).toMatchObject({ code: "FILE_UNREADABLE", exit: 1 });
		}
		expect(readFileSync(target, "utf8")).toBe(text);
		rmSync(project.path);
		mkdirSync(project.path);
		expect(await refusalOf(project.list())).toMatchObject({ code: "FILE_UNREADABLE", exit: 1 });
		rmSync(project.path, { recursive: true });
		expect(await refusalOf(project.list())).toMatchObject({ code: "VAULT_NOT_FOUND", exit: 4 });
	});

	test("a lock that is a link or holds something is not opened", async () => {
		using project = await TestProject.create();
		const lock = join(project.root, "coffer.vault.lock");
		const target = join(project.folder, "target");
		writeFileSync(target, "not a lock");
		for (const put of [
			() => symlinkSync(target, lock),
			() => writeFileSync(lock, "content"),
			() => mkdirSync(lock),
		]) {
			rmSync(lock, { recursive: true, force: true });
			put();
			expect(await refusalOf(project.set({ A: "one" }))).toMatchObject({
				code: "VAULT_LOCK_FAILED",
				exit: 1,
			});
		}
		expect(readFileSync(target, "utf8")).toBe("not a lock");
	});

	test("what another program writes in the meantime is not overwritten", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const error = await refusalOf(
			editVault(
				project.root,
				async ({ document, text }) => {
					writeFileSync(project.path, `${text}written by another program\n`);
					const maker = new VaultMaker();
					maker.document = document;
					return { document: maker.set("A", "two").document, result: undefined };
				},
				async () => undefined,
			),
		);
		expect(error).toMatchObject({ code: "VAULT_CHANGED_MEANWHILE", exit: 5 });
		expect(await project.read()).toContain("written by another program");
	});

	test("a second init is refused and changes nothing", async () => {
		using project = await TestProject.create();
		const text = await project.read();
		expect(await refusalOf(initProject(project.context, "alice"))).toMatchObject({
			code: "VAULT_EXISTS",
			exit: 5,
		});
		expect(await project.read()).toBe(text);
		expect(readFileSync(join(project.root, ".gitattributes"), "utf8")).toBe("coffer.vault text eol=lf\n");
		expect(existsSync(join(project.root, ".gitignore"))).toBe(true);
	});
});
