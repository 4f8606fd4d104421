/** The strict check finds and names every fault, and reports what it cannot check. */
import { cp, readdir, rm, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type VerifyReport, verifyVault } from "../../src/project/verify-vault.ts";
import { parseVault } from "../../src/vault/document/format.ts";
import { refusalOf } from "../support/refusal.ts";
import { carol, dave, PRODUCTION, teamVault, VaultMaker } from "../vault/maker.ts";
import { contextOf, TestProject } from "./project.ts";

async function check(project: TestProject, seed = 1, environment?: string): Promise<VerifyReport> {
	const holder = contextOf(project.root, project.context.stateFolder, seed);
	return verifyVault({ root: project.root, environment, holder });
}

async function filled(): Promise<TestProject> {
	const project = await TestProject.create();
	await project.set({ A: "a", B: "b", C: "c" });
	return project;
}

/** The two lines of a record in a vault's text. */
function blockOf(text: string, name: string): string {
	const block = new RegExp(`^${name}\n[^\n]+\n\n`, "m").exec(text)?.[0];
	if (block === undefined) throw new Error(`no ${name}`);
	return block;
}

function lineOf(text: string, name: string): number {
	return text.split("\n").indexOf(name) + 1;
}

const codes = (report: VerifyReport) => report.findings.map(({ code, name }) => [code, name]);

describe("a valid vault", () => {
	test("is checked and decrypted completely, including tombstones, and the file is not changed", async () => {
		using project = await filled();
		await project.delete("B");
		const text = await project.read();
		const report = await check(project);
		expect(report).toMatchObject({ findings: [], unchecked: [] });
		expect(report.environments).toEqual([{ environment: PRODUCTION, verified: 3, opened: 3 }]);
		expect(await project.read()).toBe(text);
	});

	test("of a team is checked in every environment, including those without this identity", async () => {
		using project = await TestProject.create();
		const maker = teamVault();
		await project.write(maker.text);
		const report = await check(project, 3);
		expect(report.findings).toEqual([]);
		expect(report.environments).toEqual([
			{ environment: "preview", verified: 2, opened: null },
			{ environment: PRODUCTION, verified: 6, opened: 6 },
			{ environment: "staging", verified: 0, opened: null },
		]);
		const notes = report.unchecked.join("\n");
		expect(notes).toMatch(/'preview' open: this identity is not a member/);
		expect(notes).toMatch(/no version marks of it yet/);
		expect(notes).toContain(maker.document.vaultId);
	});

	test("gets version marks by the check, with which later files are compared", async () => {
		using project = await TestProject.create();
		const maker = teamVault();
		await project.write(maker.text);
		await check(project, 3);
		await project.write(maker.text.replace(blockOf(maker.text, "LONG"), ""));
		expect(codes(await check(project, 3))).toEqual([["RECORD_DROPPED", "LONG"]]);
	});

	test("needs no identity for chains and signatures", async () => {
		using project = await filled();
		const report = await verifyVault({ root: project.root, environment: undefined, holder: undefined });
		expect(report.environments).toEqual([{ environment: PRODUCTION, verified: 3, opened: null }]);
		expect(report.findings).toEqual([]);
		expect(report.unchecked).toEqual([expect.stringMatching(/no identity/)]);
	});

	test("a record that was seen before its author's removal is valid, and one that was not is reported", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker().add(dave, "writer", "dave").set("OLD", "1", PRODUCTION, dave);
		const late = maker.seal("LATE", "2", PRODUCTION, dave);
		const removal = new VaultMaker();
		removal.document = maker.document;
		await project.write(maker.text);
		await adopt(project, maker.text);
		removal.epoch([dave]);
		const old = blockOf(maker.text, "OLD");
		const now = removal.text.replace(blockOf(removal.text, "OLD"), `LATE\n${late.body}\n\n${old}`);
		await project.write(now);
		expect(codes(await check(project))).toEqual([["RECORD_AUTHOR_REMOVED", "LATE"]]);
	});
});

/** Makes this vault the vault of the folder, which `create` made for another project. */
async function adopt(project: TestProject, text: string): Promise<void> {
	await rm(project.context.stateFolder, { recursive: true });
	await project.write(text);
	expect((await check(project)).findings).toEqual([]);
}

describe("all faults are found", () => {
	test("altered, swapped, dropped and rolled-back records at once, each with its line", async () => {
		using project = await filled();
		const before = await project.read();
		await project.set({ A: "new", D: "d", E: "e" });
		await project.list();
		const text = await project.read();
		const body = (name: string) => blockOf(text, name).split("\n")[1] ?? "";
		const bad = text
			.replace(blockOf(text, "A"), blockOf(before, "A"))
			.replace(blockOf(text, "B"), `B\n${body("C")}\n\n`)
			.replace(blockOf(text, "C"), `C\n${body("D")}\n\n`)
			.replace(blockOf(text, "E"), "");
		await project.write(bad);
		const report = await check(project);
		expect(codes(report)).toEqual(
			expect.arrayContaining([
				["RECORD_ROLLED_BACK", "A"],
				["RECORD_FORGED", "B"],
				["RECORD_FORGED", "C"],
				["RECORD_DROPPED", "E"],
			]),
		);
		expect(report.findings.find(({ name }) => name === "A")?.line).toBe(lineOf(bad, "A"));
		expect(report.findings.find(({ code }) => code === "RECORD_FORGED")?.line).toBe(lineOf(bad, "B") + 1);
	});

	test("another record of the seen version", async () => {
		using project = await filled();
		const before = await project.read();
		await project.set({ A: "one" });
		const seen = await project.read();
		await project.write(before);
		const aside = `${project.context.stateFolder}.aside`;
		await cp(project.context.stateFolder, aside, { recursive: true });
		await rm(project.context.stateFolder, { recursive: true });
		await project.set({ A: "two" });
		await rm(project.context.stateFolder, { recursive: true });
		await cp(aside, project.context.stateFolder, { recursive: true });
		expect(blockOf(await project.read(), "A")).not.toBe(blockOf(seen, "A"));
		expect(codes(await check(project))).toEqual([["RECORD_REPLACED", "A"]]);
	});

	test("an older membership, and one that does not continue the chain", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		const early = maker.text;
		maker.add(carol, "reader", "carol");
		await adopt(project, maker.text);
		await project.write(early);
		expect(codes(await check(project))).toEqual([["MEMBERSHIP_ROLLED_BACK", null]]);
		const other = new VaultMaker();
		other.document = parseVault(early);
		other.add(dave, "writer", "dave");
		await project.write(other.text);
		expect(codes(await check(project))).toEqual([["MEMBERSHIP_DIVERGED", null]]);
	});

	test("another whole vault", async () => {
		using project = await filled();
		await project.write(new VaultMaker().set("A", "mine").text);
		expect(codes(await check(project))).toEqual([["VAULT_REPLACED", null]]);
	});

	test("a missing section, a section that nobody created, and a fault in one of two sections", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker().environment("preview").set("A", "1").set("B", "2", "preview");
		await adopt(project, maker.text);
		const section = /\nenvironment preview\n[\s\S]*end preview\n/.exec(maker.text)?.[0] ?? "";
		await project.write(maker.text.replace(section, ""));
		expect(codes(await check(project))).toEqual([["VAULT_ENVIRONMENT_DROPPED", null]]);
		const strange = section.replace("environment preview", "environment qa").replace("end preview", "end qa");
		await project.write(maker.text + strange);
		expect(codes(await check(project))).toEqual([["VAULT_ENVIRONMENT_UNKNOWN", null]]);
		expect((await check(project, 1, "preview")).findings).toEqual([]);
		await project.write(
			maker.text.replace(blockOf(maker.text, "B"), blockOf(maker.text, "B").replace("B", "C")),
		);
		expect(codes(await check(project, 1, PRODUCTION))).toEqual([]);
		expect(codes(await check(project, 1, "preview"))).toContainEqual(["RECORD_FORGED", "C"]);
	});

	test("a syntax error is reported with its line, and nothing is claimed about the rest", async () => {
		using project = await filled();
		const text = await project.read();
		await project.write(text.replace("\nB\n", "\nB B\n"));
		const report = await check(project);
		expect(report.findings).toMatchObject([{ code: "VAULT_NAME_INVALID", line: lineOf(text, "B") }]);
		expect(report).toMatchObject({ vaultId: null, environments: [], unchecked: [expect.any(String)] });
	});

	test("altered local state", async () => {
		using project = await filled();
		const files = await readdir(project.context.stateFolder, { recursive: true });
		const marks = files.find((file) => file.includes("marks-")) ?? "";
		await writeFile(`${project.context.stateFolder}/${marks}`, "AAAA\n{}\n");
		expect(codes(await check(project))).toEqual([["STATE_DAMAGED", null]]);
	});
});

test("a missing environment exits with 4, and a conflict with 5", async () => {
	using project = await filled();
	expect(await refusalOf(check(project, 1, "nowhere"))).toMatchObject({ exit: 4 });
	await project.write((await project.read()).replace("\nB\n", "\n<<<<<<< ours\nB\n"));
	expect(await refusalOf(check(project))).toMatchObject({ code: "VAULT_CONFLICTED", exit: 5 });
});
