/** Setting, deleting and injecting secrets. */
import { chmodSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readSession } from "../../../src/project/secrets/edit-secrets.ts";
import { liveValues } from "../../../src/project/secrets/read-secrets.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { VaultMaker } from "../../vault/maker.ts";
import { TestProject } from "../project.ts";

describe("setting and deleting", () => {
	test("setting the present value of a name changes no byte", async () => {
		using project = await TestProject.create();
		await project.set({ A: "one", B: "" });
		const before = { text: await project.read(), stat: statSync(project.path, { bigint: true }) };
		expect(await project.set({ A: "one", B: "" })).toMatchObject({ changed: [], unchanged: ["A", "B"] });
		const after = { text: await project.read(), stat: statSync(project.path, { bigint: true }) };
		expect(after.text).toBe(before.text);
		expect([after.stat.ino, after.stat.mtimeNs]).toEqual([before.stat.ino, before.stat.mtimeNs]);
	});

	test("an edit changes only its own block, and keeps the file's mode", async () => {
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

	test("a deletion leaves a tombstone with the next version, and deletes nothing if one name does not exist", async () => {
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

	test("if one name is reserved or malformed, or one value too large, nothing is written", async () => {
		using project = await TestProject.create();
		const text = await project.read();
		for (const bad of [
			{ LD_PRELOAD: "x" },
			{ "A-B": "x" },
			{ LARGE: "x".repeat(65_537) },
			{ LONE: "\ud800" },
			{ CUT: "before\0after" },
		]) {
			expect((await refusalOf(project.set({ GOOD: "x", ...bad }))).exit).toBe(2);
		}
		expect(await project.read()).toBe(text);
	});

	test("a reserved name that another program wrote is not passed to commands", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		await project.write(maker.set("NODE_OPTIONS", "--require /tmp/evil").text);
		const { session } = await readSession(project.context);
		await expect(liveValues(session)).rejects.toMatchObject({ code: "NAME_RESERVED" });
	});
});
