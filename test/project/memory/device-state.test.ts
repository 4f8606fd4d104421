/** The files of the local state: for which identity they are, and the defaults for missing ones. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseVault } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";

describe("local state", () => {
	/** The path of the state file whose name begins with this text. */
	function stateFile(project: TestProject, prefix: string): string {
		const { vaultId } = parseVault(readFileSync(project.path, "utf8"));
		const folder =
			prefix === "projects"
				? join(project.context.stateFolder, "projects")
				: join(project.context.stateFolder, vaultId, "production");
		const name = readdirSync(folder).find((entry) => prefix === "projects" || entry.startsWith(prefix));
		return join(folder, name ?? "none");
	}

	test("contains no value and no path, and only its owner can read it", async () => {
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

	test("has no file that is valid for another vault, even with the same environment name", async () => {
		using one = await TestProject.create();
		using two = await TestProject.create();
		for (const project of [one, two]) await project.set({ A: "one" });
		writeFileSync(stateFile(one, "marks"), readFileSync(stateFile(two, "marks")));
		expect(await refusalOf(one.list())).toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
	});

	test("can be lost completely without loss of secrets", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one" });
		rmSync(project.context.stateFolder, { recursive: true });
		await project.set({ A: "two" });
		expect((await project.list()).secrets).toEqual({ A: 2 });
	});
});
