/** Copies a device's memory from one of its identities to another, on real files. */
import { describe, expect, test } from "vitest";
import { addSuccessor } from "../../../src/project/members/hand-over.ts";
import { inheritMemory } from "../../../src/project/members/inherit-memory.ts";
import { addMember } from "../../../src/project/members/members.ts";
import { removeMembers } from "../../../src/project/members/remove-members.ts";
import { readCheckoutMemory, updateMemory } from "../../../src/project/memory/device-state.ts";
import { readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { verifyVault } from "../../../src/project/verify-vault.ts";
import { withSection } from "../../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { bob, PRODUCTION, VaultMaker } from "../../vault/maker.ts";
import { handOver, successorOf, vaultIdOf } from "../handover-fixture.ts";
import { contextOf, TestProject } from "../project.ts";

/** Removes a record from the file, which anybody can do without a key. */
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

describe("the version marks also apply to the new identity", () => {
	test("nothing is reported as new, and all values can be decrypted", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		const to = await handOver(project);
		expect(await project.list(to)).toEqual({ secrets: { A: 1, B: 1 }, warnings: [] });
		expect(await findingsOf(project, to)).toEqual([]);
		expect(await refusalOf(readSession(project.context))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
	});

	test("a record that disappeared before the rotation is still reported after it", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		await project.set({ B: "b2" });
		await drop(project, "B");
		const to = await handOver(project);
		expect(await findingsOf(project, to)).toEqual(["RECORD_DROPPED B"]);
		await setSecrets(to, new Map([["B", "b3"]]));
		expect((await project.list(to)).secrets).toEqual({ A: 1, B: 3 });
	});

	test("an older record that is restored after the rotation is reported as a rollback", async () => {
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

	test("another vault and an earlier membership are refused", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a" });
		const vaultId = await vaultIdOf(project);
		const to = successorOf(project);
		await inheritMemory(project.context, to, vaultId);
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

	test("inheriting the marks twice changes nothing", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		const to = await handOver(project);
		await setSecrets(to, new Map([["A", "a2"]]));
		await inheritMemory(project.context, to, await vaultIdOf(project));
		expect(await findingsOf(project, to)).toEqual([]);
		await drop(project, "A");
		expect(await findingsOf(project, to)).toEqual(["RECORD_DROPPED A"]);
		expect((await setSecrets(to, new Map([["A", "a3"]]))).changed).toEqual(["A"]);
		expect((await project.list(to)).secrets).toEqual({ A: 3, B: 1 });
	});

	test("version marks that the new identity stored itself are combined with the inherited ones", async () => {
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
		await inheritMemory(project.context, to, await vaultIdOf(project));
		expect(await findingsOf(project, to)).toEqual(["RECORD_DROPPED B"]);
	});

	test("of two positions in a platform's log the later one is kept", async () => {
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
			agreed: "",
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
			await inheritMemory(project.context, to, vaultId);
			const { platform } = await readCheckoutMemory(placeOf(to));
			expect(platform && { ...platform, base: new Map(platform.base) }).toEqual(at(kept));
		}
	});
});
