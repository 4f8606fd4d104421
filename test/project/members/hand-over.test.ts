/** The handover of a project from one identity of a device to another, on real files. */
import { describe, expect, test } from "vitest";
import { addEnvironment } from "../../../src/project/members/environments.ts";
import {
	addSuccessor,
	handOverVault,
	handoverStates,
	requireHandoverPermitted,
} from "../../../src/project/members/hand-over.ts";
import { addMember } from "../../../src/project/members/members.ts";
import { removeMembers } from "../../../src/project/members/remove-members.ts";
import { environmentsOpenedOnlyBy } from "../../../src/project/memory/known-vaults.ts";
import { verifyRoot } from "../../../src/vault/chains/vault-chain.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bob, carol, PRODUCTION, VaultMaker } from "../../vault/maker.ts";
import { handOver, successorOf, vaultIdOf } from "../handover-fixture.ts";
import { contextOf, TestProject } from "../project.ts";

describe("the state of a project during a hand-over", () => {
	test("each environment is listed with its next step", async () => {
		using project = await TestProject.create();
		const to = successorOf(project);
		const { previous, present } = { previous: project.context.identity, present: to.identity };
		const nexts = async () =>
			Object.fromEntries(
				(await handoverStates(project.root, previous, present)).states.map(({ environment, next }) => [
					environment,
					next,
				]),
			);
		await addEnvironment({ ...project.context, environment: "preview" });
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		expect(await nexts()).toEqual({ preview: "add", production: "add" });
		await addSuccessor(project.context, present, undefined);
		expect(await nexts()).toEqual({ preview: "add", production: "remove" });
		await removeMembers(to, ["alice"]);
		expect(await nexts()).toEqual({ preview: "add", production: "none" });
	});

	test("a reader waits for a writer until both are finished", async () => {
		using project = await TestProject.create();
		await addMember(project.context, { ...carol.publicKeys, name: "carol", role: "reader" });
		const to = contextOf(project.root, project.context.stateFolder, 5);
		const next = async () =>
			(await handoverStates(project.root, carol, to.identity)).states.map((state) => state.next);
		expect(await next()).toEqual(["wait"]);
		await addMember(project.context, { ...to.identity.publicKeys, name: "carol.2", role: "reader" });
		expect(await next()).toEqual(["wait"]);
		await removeMembers(project.context, ["carol"]);
		expect(await next()).toEqual(["none"]);
	});
});

describe("the name of the new member", () => {
	test.each([
		{ taken: [], name: "alice.2" },
		{ taken: ["alice.2", "alice.3"], name: "alice.4" },
	])("is the next free one beside $taken", async ({ taken, name }) => {
		using project = await TestProject.create();
		for (const [index, other] of taken.entries()) {
			const { publicKeys } = contextOf("", "", 20 + index).identity;
			await addMember(project.context, { ...publicKeys, name: other, role: "reader" });
		}
		const to = successorOf(project);
		expect(await addSuccessor(project.context, to.identity, undefined)).toMatchObject({ name, owner: true });
		await removeMembers(to, ["alice"]);
		const third = successorOf(project, 6);
		const added = await addSuccessor(to, third.identity, undefined);
		expect(added.name).toBe(`alice.${Number(name.slice(-1)) + 1}`);
	});

	test("is the same in every environment, if possible", async () => {
		using project = await TestProject.create();
		await addEnvironment({ ...project.context, environment: "preview" });
		const to = successorOf(project);
		expect((await addSuccessor(project.context, to.identity, "ana@new")).name).toBe("ana@new");
		const preview = { ...project.context, environment: "preview" };
		expect((await addSuccessor(preview, to.identity, undefined)).name).toBe("ana@new");
	});
});

describe("the vault's ownership", () => {
	async function owners(project: TestProject): Promise<string[]> {
		const { vaultId, links } = parseVault(await project.read());
		return [...verifyRoot(vaultId, links).owners.values()].map(({ name }) => name).sort();
	}

	test("is handed over with the last environment", async () => {
		using project = await TestProject.create();
		await addEnvironment({ ...project.context, environment: "preview" });
		const to = await handOver(project);
		expect(await owners(project)).toEqual(["alice", "alice.2"]);
		expect(await handOverVault(project.context, to.identity)).toBe(false);
		await addSuccessor({ ...project.context, environment: "preview" }, to.identity, undefined);
		await removeMembers({ ...to, environment: "preview" }, ["alice"]);
		expect(await owners(project)).toEqual(["alice.2"]);
	});

	test("is handed over alone if the previous identity is in no environment", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		await project.write(maker.add(bob, "writer", "bob").text);
		// Bob owns nothing, so he cannot take the vault from alice.
		const onBobsDevice = contextOf(project.root, `${project.folder}/state-bob`, 2);
		await removeMembers(onBobsDevice, ["alice"]);
		expect(await owners(project)).toEqual(["alice"]);
		const to = successorOf(project);
		expect(await handOverVault(project.context, to.identity)).toBe(true);
		expect(await owners(project)).toEqual(["alice.2"]);
		expect(await handOverVault(project.context, to.identity)).toBe(false);
		expect((await project.list(onBobsDevice)).secrets).toEqual({});
		verifyChains(parseVault(await project.read()), PRODUCTION);
	});
});

describe("before a key is generated", () => {
	test("a membership that is older than the one that this device has seen is refused", async () => {
		using project = await TestProject.create();
		const older = await project.read();
		await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "writer" });
		const check = () =>
			requireHandoverPermitted(project.root, (environment) => ({ ...project.context, environment }));
		await check();
		await project.write(older);
		expect(await refusalOf(check())).toMatchObject({ code: "MEMBERSHIP_OLDER", exit: 7 });
	});
});

test("environments that only the previous identity has opened are known", async () => {
	using project = await TestProject.create();
	const vaultId = await vaultIdOf(project);
	const { stateFolder, member } = project.context;
	const to = successorOf(project);
	const left = () => environmentsOpenedOnlyBy(stateFolder, member, to.member);
	expect(await left()).toEqual([{ vaultId, environment: PRODUCTION }]);
	await handOver(project);
	expect(await left()).toEqual([]);
	expect(await environmentsOpenedOnlyBy(`${stateFolder}-none`, member, to.member)).toEqual([]);
});
