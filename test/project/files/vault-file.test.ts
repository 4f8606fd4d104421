/** The vault's file: paths that are not a regular file, and other writers. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { editVault } from "../../../src/project/files/vault-file.ts";
import { initProject } from "../../../src/project/init.ts";
import { refusalOf } from "../../support/refusal.ts";
import { VaultMaker } from "../../vault/maker.ts";
import { TestProject } from "../project.ts";

describe("the file itself", () => {
	test("an error about invalid bytes or syntax names the line, and an edit writes nothing", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const bytes = Buffer.from(await project.read());
		const at = bytes.indexOf("\nA\n") + 1;
		const line = bytes.subarray(0, at).toString().split("\n").length;
		for (const byte of [0xff, 0xc0, 0x80, 0x00, 0x0d]) {
			const damaged = Buffer.from(bytes);
			damaged[at] = byte;
			await project.write(damaged);
			expect(await refusalOf(project.list())).toMatchObject({ exit: 7, line });
			expect(await refusalOf(project.set({ B: "two" }))).toMatchObject({ exit: 7, line });
			expect(readFileSync(project.path)).toEqual(damaged);
		}
	});

	test("an edit that cannot store the version marks reports that the vault is written, and the next edit repairs the marks", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const { stateFolder } = project.context;
		const lock = readdirSync(stateFolder, { recursive: true, encoding: "utf8" }).find((path) =>
			path.endsWith("production/lock"),
		);
		writeFileSync(join(stateFolder, lock ?? ""), "no lock");
		const error = await refusalOf(project.set({ B: "two" }));
		expect(error).toMatchObject({ code: "MEMORY_FAILED", exit: 1 });
		expect(error.message).toMatch(/is written.*Cannot lock/);
		rmSync(join(stateFolder, lock ?? ""));
		expect(await project.list()).toEqual({ secrets: { A: 1, B: 1 }, warnings: [] });
	});

	test("a concurrent write of another program is not overwritten", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		const error = await refusalOf(
			editVault(project.root, async ({ document, text }) => {
				writeFileSync(project.path, `${text}written by another program\n`);
				const maker = new VaultMaker();
				maker.document = document;
				return { document: maker.set("A", "two").document, result: undefined };
			}),
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
