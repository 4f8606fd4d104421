/**
 * A new role for a member: what the member may do then, what does not change, and that there is no removal
 * debt.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addMember, listMembers } from "../../../src/project/members/members.ts";
import { removeMembers } from "../../../src/project/members/remove-members.ts";
import { changeRole } from "../../../src/project/members/role.ts";
import { getSecret, readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { removalDebt } from "../../../src/vault/document/removal-debt.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bob, carol, PRODUCTION } from "../../vault/maker.ts";
import { contextOf, TestProject } from "../project.ts";

function onDeviceOf(project: TestProject, seed: number): SessionContext {
	return contextOf(project.root, join(project.folder, `state-${seed}`), seed);
}

/** A project with a second writer, bob, who wrote B, and a reader, carol. */
async function team(): Promise<TestProject> {
	const project = await TestProject.create();
	await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "writer" });
	await addMember(project.context, { ...carol.publicKeys, name: "carol", role: "reader" });
	await project.set({ A: "a" });
	await setSecrets(onDeviceOf(project, 2), new Map([["B", "by bob"]]));
	return project;
}

async function members(context: SessionContext): Promise<Record<string, string>> {
	const { session } = await readSession(context);
	return Object.fromEntries(
		listMembers(session).map(({ name, owner, role }) => [name, owner ? `${role}, owner` : role]),
	);
}

const set = (context: SessionContext, name: string, value: string) =>
	setSecrets(context, new Map([[name, value]]));
const readValue = async (context: SessionContext, name: string) =>
	getSecret((await readSession(context)).session, name).value;
const debtOf = async (project: TestProject) =>
	removalDebt(verifyChains(parseVault(await project.read()), PRODUCTION));

describe("a writer who becomes a reader", () => {
	test("can decrypt everything, can write nothing, owns nothing, and leaves no removal debt", async () => {
		using project = await team();
		expect(await changeRole(project.context, "bob", "reader")).toMatchObject({ epoch: 2, resealed: 2 });
		expect(await members(project.context)).toEqual({
			alice: "writer, owner",
			bob: "reader",
			carol: "reader",
		});
		const device = onDeviceOf(project, 2);
		expect([await readValue(device, "A"), await readValue(device, "B")]).toEqual(["a", "by bob"]);
		expect(await refusalOf(set(device, "A", "x"))).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });
		expect(
			await refusalOf(addMember(device, { ...bob.publicKeys, name: "x", role: "reader" })),
		).toMatchObject({ code: "NOT_A_WRITER" });
		expect(await debtOf(project)).toEqual([]);
	});

	test("makes no valid signatures any more: an earlier record is refused if it returns after the change", async () => {
		using project = await team();
		const before = parseVault(await project.read());
		await changeRole(project.context, "bob", "reader");
		const now = parseVault(await project.read());
		const section = now.environments.get(PRODUCTION);
		const old = before.environments.get(PRODUCTION)?.records.get("B");
		if (!section || !old) throw new Error("no such record");
		const records = new Map(section.records).set("B", { ...old, version: old.version });
		const environments = new Map(now.environments).set(PRODUCTION, { ...section, records });
		await project.write(printVault({ ...now, environments }));
		const fresh = contextOf(project.root, join(project.folder, "state-fresh"), 3);
		const refused = await refusalOf(readValue(fresh, "B"));
		expect(refused).toMatchObject({ code: "RECORD_AUTHOR_REMOVED", exit: 7 });
	});

	test("leaves the whole removal debt after its final removal", async () => {
		using project = await team();
		await changeRole(project.context, "bob", "reader");
		await project.set({ C: "c" });
		await removeMembers(project.context, ["bob"]);
		expect(await debtOf(project)).toEqual([{ member: "bob", epoch: 3, names: ["A", "B", "C"] }]);
	});
});

test("a reader who becomes a writer has the rights of a new writer, and owns the vault", async () => {
	using project = await team();
	await changeRole(project.context, "carol", "writer");
	expect(await members(project.context)).toMatchObject({ carol: "writer, owner" });
	await set(onDeviceOf(project, 3), "C", "by carol");
	expect(await readValue(project.context, "C")).toBe("by carol");
	// The first device need not be a member any more.
	await changeRole(onDeviceOf(project, 3), "alice", "reader");
	expect(await members(project.context)).toMatchObject({ alice: "reader", carol: "writer, owner" });
});

test("each change back and forth is one link of the members' chain, and keeps the keys", async () => {
	using project = await team();
	for (const role of ["reader", "writer", "reader", "writer"] as const)
		await changeRole(project.context, "bob", role);
	const { state } = verifyChains(parseVault(await project.read()), PRODUCTION);
	expect(state.epoch.number).toBe(5);
	expect(state.members.get(bob.publicKeys.sign)).toMatchObject({ ...bob.publicKeys, role: "writer" });
	await set(onDeviceOf(project, 2), "B", "again");
	expect(await readValue(project.context, "B")).toBe("again");
});

describe("a refused change of a role writes nothing", () => {
	const refusals: readonly [string, (project: TestProject) => Promise<unknown>, object][] = [
		["one's own", (p) => changeRole(onDeviceOf(p, 2), "bob", "reader"), { code: "MEMBER_IS_SELF", exit: 2 }],
		["by a reader", (p) => changeRole(onDeviceOf(p, 3), "bob", "reader"), { code: "NOT_A_WRITER", exit: 3 }],
		["of nobody", (p) => changeRole(p.context, "eve", "reader"), { code: "MEMBER_NOT_FOUND", exit: 4 }],
	];
	test.each(refusals)("%s", async (_, change, expected) => {
		using project = await team();
		const before = await project.read();
		expect(await refusalOf(change(project))).toMatchObject(expected);
		expect(await project.read()).toBe(before);
	});

	test("of the last writer", async () => {
		using project = await TestProject.create();
		const refused = await refusalOf(changeRole(project.context, "alice", "reader"));
		expect(refused).toMatchObject({ code: "LAST_WRITER", exit: 2 });
	});
});
