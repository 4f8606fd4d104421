/** Renaming a secret. */
import { expect, test } from "vitest";
import { addMember } from "../../../src/project/members/members.ts";
import { removeMembers } from "../../../src/project/members/remove-members.ts";
import { readSession } from "../../../src/project/secrets/edit-secrets.ts";
import { renameSecret } from "../../../src/project/secrets/rename-secret.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bob } from "../../vault/maker.ts";
import { TestProject } from "../project.ts";

test("the new name has the value, and the old name a tombstone", async () => {
	using project = await TestProject.create();
	await project.set({ OLD: "first", OTHER: "x" });
	await project.set({ OLD: "second" });
	expect(await renameSecret(project.context, "OLD", "NEW")).toEqual({ version: 1, warnings: [] });
	const { session } = await readSession(project.context);
	expect(session.value("NEW")).toBe("second");
	const old = session.verified.section.records.get("OLD");
	expect([old?.kind, old?.version]).toEqual(["deleted", 3]);
	expect((await project.list()).secrets).toEqual({ NEW: 1, OTHER: 1 });
});

test("renaming back continues the versions of both names", async () => {
	using project = await TestProject.create();
	await project.set({ A: "value" });
	await renameSecret(project.context, "A", "B");
	expect(await renameSecret(project.context, "B", "A")).toMatchObject({ version: 3 });
	expect(await renameSecret(project.context, "A", "B")).toMatchObject({ version: 3 });
	expect((await project.list()).secrets).toEqual({ B: 3 });
});

test.each([
	["OLD", "TAKEN", "SECRET_EXISTS", 5],
	["NONE", "NEW", "SECRET_NOT_FOUND", 4],
	["GONE", "NEW", "SECRET_NOT_FOUND", 4],
	["OLD", "OLD", "USAGE", 2],
	["OLD", "A-B", "NAME_INVALID", 2],
	["OLD", "LD_PRELOAD", "NAME_RESERVED", 2],
])("%s to %s is refused with %s, and nothing changes", async (from, to, code, exit) => {
	using project = await TestProject.create();
	await project.set({ OLD: "value", TAKEN: "other", GONE: "x" });
	await project.delete("GONE");
	const text = await project.read();
	expect(await refusalOf(renameSecret(project.context, from, to))).toMatchObject({ code, exit });
	expect(await project.read()).toBe(text);
});

test("the new name is still a value that a removed member knows", async () => {
	using project = await TestProject.create();
	await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "reader" });
	await project.set({ OLD: "value" });
	await removeMembers(project.context, ["bob"]);
	await renameSecret(project.context, "OLD", "NEW");
	const { session } = await readSession(project.context);
	const [epoch, record] = [session.verified.state.epoch, session.verified.section.records.get("NEW")];
	expect([epoch.number, record?.since]).toEqual([2, 1]);
});
