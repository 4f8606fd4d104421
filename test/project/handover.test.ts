/** The handover of a project from one identity of a device to another, on real files. */
import { describe, expect, test } from "vitest";
import { carryMemory } from "../../src/project/carry.ts";
import { addEnvironment } from "../../src/project/environments.ts";
import { addSuccessor, handOverVault, requireHandable, standingsOf } from "../../src/project/handover.ts";
import { addMember } from "../../src/project/members.ts";
import { openedByOneOnly } from "../../src/project/remembered.ts";
import { removeMembers } from "../../src/project/removal.ts";
import { readSession, setSecrets } from "../../src/project/secrets.ts";
import type { SessionContext } from "../../src/project/session.ts";
import { readCheckoutMemory, updateMemory } from "../../src/project/state.ts";
import { verifyVault } from "../../src/project/verify.ts";
import { verifyChains, withSection } from "../../src/vault/document.ts";
import { parseVault, printVault } from "../../src/vault/format.ts";
import { verifyRoot } from "../../src/vault/root.ts";
import { refusalOf } from "../support/refusal.ts";
import { bob, carol, PRODUCTION, VaultMaker } from "../vault/maker.ts";
import { contextOf, TestProject } from "./project.ts";

/** The identity that replaces the project's own on the same device. */
function successorOf(project: TestProject, seed = 5): SessionContext {
	return contextOf(project.root, project.context.stateFolder, seed);
}

async function vaultIdOf(project: TestProject): Promise<string> {
	return parseVault(await project.read()).vaultId;
}

/** All of it in production, as the command does it. */
async function handOver(project: TestProject, to = successorOf(project)): Promise<SessionContext> {
	const vaultId = await vaultIdOf(project);
	await carryMemory(project.context, to, vaultId);
	const { name } = await addSuccessor(project.context, to.identity, undefined);
	await carryMemory(project.context, to, vaultId);
	expect(name).toBe("alice.2");
	await removeMembers(to, ["alice"]);
	return to;
}

/** Takes a record out of the file, as nobody who holds no key could be kept from doing. */
async function drop(project: TestProject, name: string): Promise<void> {
	const document = parseVault(await project.read());
	const section = document.environments.get(PRODUCTION);
	if (!section) throw new Error("no section");
	const records = new Map(section.records);
	records.delete(name);
	await project.write(printVault(withSection(document, { ...section, records })));
}

async function findingsOf(project: TestProject, context: SessionContext): Promise<string[]> {
	const { identity, member, stateFolder } = context;
	const holder = { identity, member, stateFolder };
	const { findings } = await verifyVault({ root: project.root, holder, environment: undefined });
	return findings.map(({ code, name }) => `${code} ${name}`);
}

describe("what was remembered counts for the new identity", () => {
	test("nothing is new to it, and all values open", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		const to = await handOver(project);
		expect(await project.list(to)).toEqual({ secrets: { A: 1, B: 1 }, warnings: [] });
		expect(await findingsOf(project, to)).toEqual([]);
		expect(await refusalOf(readSession(project.context))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
	});

	test("a record that was dropped before the rotation is missed after it", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		await project.set({ B: "b2" });
		await drop(project, "B");
		const to = await handOver(project);
		expect(await findingsOf(project, to)).toEqual(["RECORD_DROPPED B"]);
		await setSecrets(to, new Map([["B", "b3"]]));
		expect((await project.list(to)).secrets).toEqual({ A: 1, B: 3 });
	});

	test("a record that is put back after it is older", async () => {
		using project = await TestProject.create();
		await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "writer" });
		const onBobsDevice = contextOf(project.root, `${project.folder}/state-bob`, 2);
		await setSecrets(onBobsDevice, new Map([["B", "b"]]));
		const old = parseVault(await project.read())
			.environments.get(PRODUCTION)
			?.records.get("B");
		await setSecrets(onBobsDevice, new Map([["B", "b2"]]));
		await project.list();
		const to = await handOver(project);
		const document = parseVault(await project.read());
		const section = document.environments.get(PRODUCTION);
		if (!section || !old) throw new Error("no B");
		const records = new Map(section.records).set("B", old);
		await project.write(printVault(withSection(document, { ...section, records })));
		expect(await findingsOf(project, to)).toEqual(["RECORD_ROLLED_BACK B"]);
		expect((await project.list(to)).warnings.join()).toMatch(/Older than this device has seen: B\./);
	});

	test("another vault in its place is refused, and so is the membership of before", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a" });
		const vaultId = await vaultIdOf(project);
		const to = successorOf(project);
		await carryMemory(project.context, to, vaultId);
		await addSuccessor(project.context, to.identity, undefined);
		const both = await project.read();
		await removeMembers(to, ["alice"]);
		await project.write(both);
		expect(await refusalOf(setSecrets(to, new Map([["A", "x"]])))).toMatchObject({
			code: "EPOCH_OLDER",
			exit: 7,
		});
		await project.write(new VaultMaker().add(to.identity as typeof bob, "writer", "alice.2").text);
		expect(await refusalOf(readSession(to))).toMatchObject({ code: "VAULT_REPLACED", exit: 7 });
	});

	test("carrying it again takes nothing back", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		const to = await handOver(project);
		await setSecrets(to, new Map([["A", "a2"]]));
		await carryMemory(project.context, to, await vaultIdOf(project));
		expect(await findingsOf(project, to)).toEqual([]);
		await drop(project, "A");
		expect(await findingsOf(project, to)).toEqual(["RECORD_DROPPED A"]);
		expect((await setSecrets(to, new Map([["A", "a3"]]))).changed).toEqual(["A"]);
		expect((await project.list(to)).secrets).toEqual({ A: 3, B: 1 });
	});

	test("memory that the new identity began without it is held against it", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		await addMember(project.context, {
			...successorOf(project).identity.publicKeys,
			name: "n",
			role: "writer",
		});
		await drop(project, "B");
		const to = successorOf(project);
		await project.list(to);
		expect(await findingsOf(project, to)).toEqual([]);
		await carryMemory(project.context, to, await vaultIdOf(project));
		expect(await findingsOf(project, to)).toEqual(["RECORD_DROPPED B"]);
	});

	test("a position in a platform's log: the further one counts", async () => {
		using project = await TestProject.create();
		const vaultId = await vaultIdOf(project);
		const to = successorOf(project);
		const placeOf = ({ stateFolder, member, identity, root }: SessionContext) => {
			const { stateKey } = identity;
			return { folder: stateFolder, vaultId, environment: PRODUCTION, member, stateKey, root };
		};
		const at = (revision: number) => ({
			app: "shop",
			fingerprint: "f",
			url: "http://127.0.0.1",
			revision,
			head: `h${revision}`,
			base: new Map([["A", { version: revision, digest: "d" }]]),
			reseals: new Set([`r${revision}`]),
			header: "",
		});
		const remember = (context: SessionContext, revision: number) =>
			updateMemory(placeOf(context), (_, checkout) => {
				checkout.platform = at(revision);
			});
		for (const [before, now, kept] of [
			[4, undefined, 4],
			[6, 4, 6],
			[6, 9, 9],
		] as const) {
			await remember(project.context, before);
			if (now !== undefined) await remember(to, now);
			await carryMemory(project.context, to, vaultId);
			expect((await readCheckoutMemory(placeOf(to))).platform).toEqual(at(kept));
		}
	});
});

describe("how a project stands", () => {
	test("each environment by what is next", async () => {
		using project = await TestProject.create();
		const to = successorOf(project);
		const { previous, present } = { previous: project.context.identity, present: to.identity };
		const nexts = async () =>
			Object.fromEntries(
				(await standingsOf(project.root, previous, present)).standings.map(({ environment, next }) => [
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

	test("a reader waits for a writer, until both are done with", async () => {
		using project = await TestProject.create();
		await addMember(project.context, { ...carol.publicKeys, name: "carol", role: "reader" });
		const to = contextOf(project.root, project.context.stateFolder, 5);
		const next = async () =>
			(await standingsOf(project.root, carol, to.identity)).standings.map((standing) => standing.next);
		expect(await next()).toEqual(["wait"]);
		await addMember(project.context, { ...to.identity.publicKeys, name: "carol.2", role: "reader" });
		expect(await next()).toEqual(["wait"]);
		await removeMembers(project.context, ["carol"]);
		expect(await next()).toEqual(["none"]);
	});
});

describe("the new member's name", () => {
	test.each([
		{ taken: [], name: "alice.2" },
		{ taken: ["alice.2", "alice.3"], name: "alice.4" },
	])("is the next that is free beside $taken", async ({ taken, name }) => {
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

	test("is the same in every environment, where it can be", async () => {
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

	test("goes with the last environment", async () => {
		using project = await TestProject.create();
		await addEnvironment({ ...project.context, environment: "preview" });
		const to = await handOver(project);
		expect(await owners(project)).toEqual(["alice", "alice.2"]);
		expect(await handOverVault(project.context, to.identity)).toBe(false);
		await addSuccessor({ ...project.context, environment: "preview" }, to.identity, undefined);
		await removeMembers({ ...to, environment: "preview" }, ["alice"]);
		expect(await owners(project)).toEqual(["alice.2"]);
	});

	test("goes over by itself where the previous identity is in no environment", async () => {
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

describe("before a key is made", () => {
	test("an older membership than this device has seen is refused", async () => {
		using project = await TestProject.create();
		const older = await project.read();
		await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "writer" });
		const check = () => requireHandable(project.root, (environment) => ({ ...project.context, environment }));
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
	const left = () => openedByOneOnly(stateFolder, member, to.member);
	expect(await left()).toEqual([{ vaultId, environment: PRODUCTION }]);
	await handOver(project);
	expect(await left()).toEqual([]);
	expect(await openedByOneOnly(`${stateFolder}-none`, member, to.member)).toEqual([]);
});
