/**
 * The removal of members, on real files: what they can still decrypt, what does not change, and the removal
 * debt.
 */
import { join } from "node:path";
import sodium from "libsodium-wrappers";
import { describe, expect, test, vi } from "vitest";
import { addEnvironment } from "../../../src/project/members/environments.ts";
import { addMember } from "../../../src/project/members/members.ts";
import {
	removeFromEnvironments,
	removeMembers,
	renewKey,
} from "../../../src/project/members/remove-members.ts";
import { getSecret, readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { openKeys } from "../../../src/vault/chains/environment-keys.ts";
import { type VaultDocument, verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { removalDebt } from "../../../src/vault/document/removal-debt.ts";
import { openRecord, verifyRecord } from "../../../src/vault/records/seal.ts";
import { refusalOf } from "../../support/refusal.ts";
import { alice, bob, carol, dave, PRODUCTION, VaultMaker } from "../../vault/maker.ts";
import { contextOf, TestProject } from "../project.ts";

function onDeviceOf(project: TestProject, seed: number): SessionContext {
	return contextOf(project.root, join(project.folder, `state-${seed}`), seed);
}

/** A project with two writers and a reader; bob wrote B. */
async function team(): Promise<TestProject> {
	const project = await TestProject.create();
	await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "writer" });
	await addMember(project.context, { ...carol.publicKeys, name: "carol", role: "reader" });
	await project.set({ A: "a", GONE: "x", EMPTY: "" });
	await project.delete("GONE");
	await project.set({ A: "a2" });
	await setSecrets(onDeviceOf(project, 2), new Map([["B", "by bob"]]));
	return project;
}

async function document(project: TestProject): Promise<VaultDocument> {
	return parseVault(await project.read());
}

async function debtOf(project: TestProject) {
	return removalDebt(verifyChains(await document(project), PRODUCTION));
}

test("a removal from many environments verifies each link a few times, and not once for every pair of environments", async () => {
	using project = await TestProject.create();
	const contexts: SessionContext[] = [];
	for (let index = 0; index < 12; index++) {
		const context = { ...project.context, environment: `e${index}` };
		await addEnvironment(context);
		await addMember(context, { ...bob.publicKeys, name: "bob", role: "writer" });
		contexts.push(context);
	}
	const { environments, links } = await document(project);
	const all = [...environments.values()].reduce((sum, section) => sum + section.links.length, links.length);
	const verified = vi.spyOn(sodium, "crypto_sign_verify_detached");
	try {
		await removeFromEnvironments(contexts.map((context) => ({ context, names: ["bob"] })));
		expect(verified.mock.calls.length).toBeGreaterThan(0);
		expect(verified.mock.calls.length).toBeLessThan(10 * all);
	} finally {
		verified.mockRestore();
	}
	const after = await document(project);
	for (const { environment } of contexts)
		expect([...verifyChains(after, environment).state.members.values()]).toMatchObject([
			{ sign: alice.publicKeys.sign },
		]);
});

describe("after a removal", () => {
	test("every record is signed by the remover and encrypted with the new key, with the same version, kind, value and since", async () => {
		using project = await team();
		const before = await document(project);
		const removal = await removeMembers(project.context, ["bob"]);
		expect(removal).toMatchObject({ removed: ["bob"], epoch: 2, resealed: 4 });
		const after = await document(project);
		const { section, state } = verifyChains(after, PRODUCTION);
		const [keys, oldKeys] = [openKeys(state, alice), openKeys(verifyChains(before, PRODUCTION).state, alice)];
		expect(section.records.size).toBe(4);
		for (const record of section.records.values()) {
			verifyRecord(state, record);
			const old = before.environments.get(PRODUCTION)?.records.get(record.name);
			if (!old) throw new Error(`no ${record.name} before`);
			const { version, kind, since } = old;
			expect(record).toMatchObject({
				version,
				kind,
				since,
				author: alice.publicKeys.sign,
				epoch: state.epoch.id,
			});
			expect(openRecord(state, keys, record)).toBe(openRecord(state, oldKeys, old));
		}
	});

	test("the removed member can decrypt nothing, the others can decrypt everything, and the removed member is no longer an owner", async () => {
		using project = await team();
		await removeMembers(project.context, ["bob"]);
		const refused = await refusalOf(readSession(onDeviceOf(project, 2)));
		expect(refused).toMatchObject({
			code: "NOT_A_MEMBER",
			exit: 3,
			message: "This device's identity was removed from environment 'production', where it was bob.",
			hint: expect.stringContaining("'coffer identity import' here"),
		});
		const { session } = await readSession(onDeviceOf(project, 3));
		expect(getSecret(session, "B").value).toBe("by bob");
		const { root, state } = verifyChains(await document(project), PRODUCTION);
		expect([...root.owners.values()].map(({ name }) => name)).toEqual(["alice"]);
		expect([...state.members.values()].map(({ name }) => name)).toEqual(["alice", "carol"]);
	});

	test("the earlier file counts as older, and nothing is encrypted with the key that the removed member has", async () => {
		using project = await team();
		const before = await project.read();
		await removeMembers(project.context, ["bob"]);
		await project.write(before);
		expect(await refusalOf(project.set({ A: "a3" }))).toMatchObject({ code: "EPOCH_OLDER", exit: 7 });
	});

	test("each live value is a removal debt until it has a new version", async () => {
		using project = await team();
		const owed = (names: string[]) => [{ member: "bob", epoch: 2, names }];
		expect((await removeMembers(project.context, ["bob"])).debt).toEqual(owed(["A", "B", "EMPTY"]));
		await project.set({ B: "rotated" });
		expect(await debtOf(project)).toEqual(owed(["A", "EMPTY"]));
		await project.delete("EMPTY");
		await project.set({ NEW: "n" });
		expect(await debtOf(project)).toEqual(owed(["A"]));
		await project.set({ A: "a2" });
		expect(await debtOf(project)).toEqual(owed(["A"]));
		// A new key is not a new value, so the debt remains.
		await renewKey(project.context);
		expect(await debtOf(project)).toEqual(owed(["A"]));
		await removeMembers(project.context, ["carol"]);
		expect(await debtOf(project)).toEqual([
			...owed(["A"]),
			{ member: "carol", epoch: 4, names: ["A", "B", "NEW"] },
		]);
		await project.set({ A: "a3" });
		await addMember(project.context, { ...carol.publicKeys, name: "carol", role: "reader" });
		expect(await debtOf(project)).toEqual([]);
		// Removed a second time, so one list has all debts.
		await removeMembers(project.context, ["carol"]);
		expect(await debtOf(project)).toEqual([{ member: "carol", epoch: 5, names: ["A", "B", "NEW"] }]);
	});

	test("several members are removed together in one epoch", async () => {
		using project = await team();
		expect(await removeMembers(project.context, ["carol", "bob", "carol"])).toMatchObject({
			removed: ["bob", "carol"],
			epoch: 2,
		});
	});
});

describe("an owner who is removed from one of several environments", () => {
	test("stays an owner while a member of another environment, and not after the last one", async () => {
		using project = await team();
		const maker = new VaultMaker();
		maker.document = await document(project);
		await project.write(maker.environment("preview").add(bob, "writer", "bob", "preview").text);
		const owners = async () => [...verifyChains(await document(project), PRODUCTION).root.owners.values()];
		await removeMembers(project.context, ["bob"]);
		expect((await owners()).map(({ name }) => name)).toEqual(["alice", "bob"]);
		await removeMembers({ ...project.context, environment: "preview" }, ["bob"]);
		expect((await owners()).map(({ name }) => name)).toEqual(["alice"]);
	});

	test("stays an owner if the remover is not an owner, and a message says so", async () => {
		using project = await team();
		const maker = new VaultMaker();
		maker.document = await document(project);
		await project.write(maker.add(dave, "writer", "dave").text);
		const { warnings } = await removeMembers(onDeviceOf(project, 4), ["bob"]);
		expect(warnings.join("\n")).toMatch(/Still an owner of the vault: bob/);
	});
});

describe("refused, with nothing written", () => {
	test.each([
		{ what: "oneself", seed: 1, names: ["alice"], code: "MEMBER_IS_SELF", exit: 2 },
		{ what: "oneself among others", seed: 1, names: ["bob", "alice"], code: "MEMBER_IS_SELF", exit: 2 },
		{ what: "somebody who is not there", seed: 1, names: ["bob", "zoe"], code: "MEMBER_NOT_FOUND", exit: 4 },
		{ what: "by a reader", seed: 3, names: ["bob"], code: "NOT_A_WRITER", exit: 3 },
		{ what: "by nobody", seed: 66, names: ["bob"], code: "NOT_A_MEMBER", exit: 3 },
	])("$what", async ({ seed, names, code, exit }) => {
		using project = await team();
		const before = await project.read();
		const context = seed === 1 ? project.context : onDeviceOf(project, seed);
		expect(await refusalOf(removeMembers(context, names))).toMatchObject({ code, exit });
		expect(await project.read()).toBe(before);
	});

	test("the last writer, by name", async () => {
		using project = await team();
		await removeMembers(project.context, ["bob"]);
		const refused = await refusalOf(removeMembers(project.context, ["alice"]));
		expect(refused).toMatchObject({ code: "LAST_WRITER", exit: 2 });
	});
});
