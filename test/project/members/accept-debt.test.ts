/** Accepting a removal debt: the vault shares the acceptance, and it holds only for the present value. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { acceptDebt } from "../../../src/project/members/accept-debt.ts";
import { addMember } from "../../../src/project/members/members.ts";
import { removeMembers } from "../../../src/project/members/remove-members.ts";
import { getSecret, readSession } from "../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { removalDebt } from "../../../src/vault/document/removal-debt.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bob, carol, dave, PRODUCTION } from "../../vault/maker.ts";
import { contextOf, TestProject } from "../project.ts";

/** A project that bob was removed from; he could read A and B. */
async function owing(): Promise<TestProject> {
	const project = await TestProject.create();
	for (const [keys, name, role] of [
		[bob, "bob", "writer"],
		[carol, "carol", "writer"],
		[dave, "dave", "reader"],
	] as const)
		await addMember(project.context, { ...keys.publicKeys, name, role });
	await project.set({ A: "a", B: "b" });
	await removeMembers(project.context, ["bob"]);
	return project;
}

function onDeviceOf(project: TestProject, seed: number): SessionContext {
	return contextOf(project.root, join(project.folder, `state-${seed}`), seed);
}

async function verified(project: TestProject) {
	return verifyChains(parseVault(await project.read()), PRODUCTION);
}
const debtOf = async (project: TestProject) => removalDebt(await verified(project));

test("accepting a removal debt keeps the value in a new version, and every member sees that the debt is settled", async () => {
	using project = await owing();
	const carols = onDeviceOf(project, 3);
	const outcome = await acceptDebt(carols, ["A", "A"]);
	expect(outcome).toMatchObject({ accepted: ["A"], debt: [{ member: "bob", names: ["B"] }] });
	expect(await debtOf(project)).toEqual([{ member: "bob", epoch: 2, names: ["B"] }]);
	const { section } = await verified(project);
	expect(section.records.get("A")).toMatchObject({ version: 2, since: 2, author: carol.publicKeys.sign });
	expect(section.records.get("B")).toMatchObject({ version: 1, since: 1 });
	expect(getSecret((await readSession(project.context)).session, "A").value).toBe("a");
});

test("a later removal makes the value a removal debt again", async () => {
	using project = await owing();
	await acceptDebt(project.context, undefined);
	expect(await debtOf(project)).toEqual([]);
	await removeMembers(project.context, ["carol"]);
	expect(await debtOf(project)).toEqual([{ member: "carol", epoch: 3, names: ["A", "B"] }]);
});

test("a value without debt is refused, invalid names are not repeated in messages, and nothing is accepted", async () => {
	using project = await owing();
	await project.set({ NEW: "n" });
	const before = await project.read();
	const refused = await refusalOf(acceptDebt(project.context, ["A", "NEW", "sk-live value"]));
	expect(refused).toMatchObject({ code: "DEBT_NOT_FOUND", exit: 4 });
	expect(refused.message).toContain("NEW");
	expect(refused.message).not.toContain("sk-live");
	const reader = await refusalOf(acceptDebt(onDeviceOf(project, 4), ["A"]));
	expect(reader).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });
	expect(await project.read()).toBe(before);
});
