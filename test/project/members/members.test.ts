/** Members of an environment, on real files. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addEnvironment } from "../../../src/project/members/environments.ts";
import { addMember, addToEnvironments, listMembers } from "../../../src/project/members/members.ts";
import { getSecret, readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { alice, bob, carol, dave, VaultMaker } from "../../vault/maker.ts";
import { contextOf, TestProject } from "../project.ts";

/** The same project on the machine of the identity whose seed is this byte. */
function onDeviceOf(project: TestProject, seed: number): SessionContext {
	return contextOf(project.root, join(project.folder, `state-${seed}`), seed);
}

const asWriter = { ...bob.publicKeys, name: "bob", role: "writer" } as const;
const asReader = { ...carol.publicKeys, name: "carol", role: "reader" } as const;

async function readValue(context: SessionContext, name: string): Promise<string> {
	return getSecret((await readSession(context)).session, name).value;
}

describe("adding", () => {
	test("a writer reads, sets values and owns the vault; a reader only reads", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a" });
		expect(await addMember(project.context, asWriter)).toMatchObject({ owner: true });
		expect(await addMember(project.context, asReader)).toMatchObject({ owner: false });
		const [writer, reader] = [onDeviceOf(project, 2), onDeviceOf(project, 3)];
		expect(await readValue(reader, "A")).toBe("a");
		await setSecrets(writer, new Map([["A", "by bob"]]));
		expect(await readValue(project.context, "A")).toBe("by bob");
		const refused = await refusalOf(setSecrets(reader, new Map([["A", "by carol"]])));
		expect(refused).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });
		const { session } = await readSession(writer);
		expect(listMembers(session)).toMatchObject([
			{ name: "alice", role: "writer", owner: true, self: false },
			{ name: "bob", role: "writer", owner: true, self: true },
			{ name: "carol", role: "reader", owner: false, self: false },
		]);
	});

	test("does not change records, so nothing is redeployed", async () => {
		using project = await TestProject.create();
		await project.set({ A: "a", B: "b" });
		const before = parseVault(await project.read()).environments.get("production")?.records;
		await addMember(project.context, asWriter);
		const after = parseVault(await project.read()).environments.get("production")?.records;
		const bodies = (records = before) => [...(records?.values() ?? [])].map(({ body }) => body);
		expect(bodies(after)).toEqual(bodies());
	});

	test("a writer who is not an owner cannot make others owners", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		await project.write(maker.add(bob, "writer", "bob").text);
		const added = { ...dave.publicKeys, name: "dave", role: "writer" } as const;
		expect(await addMember(onDeviceOf(project, 2), added)).toMatchObject({ owner: false });
		expect(maker.reread().document.links).toHaveLength(2);
		expect(parseVault(await project.read()).links).toHaveLength(2);
	});

	test.each([
		{ what: "a key twice", added: { ...asWriter, name: "robert" }, hint: /has the same key/ },
		{ what: "a name twice", added: { ...asReader, name: "bob" }, hint: /another name/ },
		{
			what: "oneself",
			added: { ...alice.publicKeys, name: "me", role: "reader" } as const,
			hint: /has the same key/,
		},
	])("$what is refused, and nothing is written", async ({ added, hint }) => {
		using project = await TestProject.create();
		await addMember(project.context, asWriter);
		const before = await project.read();
		expect(await refusalOf(addMember(project.context, added))).toMatchObject({
			code: "MEMBER_EXISTS",
			exit: 5,
			hint: expect.stringMatching(hint),
		});
		expect(await project.read()).toBe(before);
	});

	test("a name that an owner has in another environment is refused, because the vault's chain has one list of owners", async () => {
		using project = await TestProject.create();
		const maker = new VaultMaker();
		maker.document = parseVault(await project.read());
		const { sign, box } = bob.publicKeys;
		await project.write(maker.link("", ["admit", sign, box, "bob"]).text);
		const added = { ...dave.publicKeys, name: "bob", role: "writer" } as const;
		expect(await refusalOf(addMember(project.context, added))).toMatchObject({ code: "MEMBER_EXISTS" });
		expect(await addMember(project.context, asWriter)).toMatchObject({ owner: true });
	});

	test.each([2, 3])("identity %i may not add members if it is a reader or not a member", async (seed) => {
		using project = await TestProject.create();
		await addMember(project.context, asReader);
		const added = { ...dave.publicKeys, name: "dave", role: "reader" } as const;
		const refused = await refusalOf(addMember(onDeviceOf(project, seed), added));
		expect(refused).toMatchObject({ code: seed === 2 ? "NOT_A_MEMBER" : "NOT_A_WRITER", exit: 3 });
	});

	test("with an older membership nothing is added, because the chain would fork", async () => {
		using project = await TestProject.create();
		const older = await project.read();
		await addMember(project.context, asWriter);
		await project.write(older);
		const refused = await refusalOf(addMember(project.context, asReader));
		expect(refused).toMatchObject({ code: "MEMBERSHIP_OLDER", exit: 7 });
		expect(await project.read()).toBe(older);
	});
});

describe("adding to several environments", () => {
	async function withPreview() {
		const project = await TestProject.create();
		const preview = { ...project.context, environment: "preview" };
		await addEnvironment(preview);
		return { project, both: [project.context, preview] as const };
	}

	test("is one write, and skips the environments that already have this member", async () => {
		const { project, both } = await withPreview();
		using _ = project;
		await addMember(project.context, asWriter);
		expect(await addToEnvironments([...both], asWriter)).toMatchObject({
			environments: ["preview"],
			owner: true,
		});
		for (const context of both) {
			const bobs = { ...onDeviceOf(project, 2), environment: context.environment };
			const listed = listMembers((await readSession(bobs)).session);
			expect(listed.find(({ self }) => self)).toMatchObject({ name: "bob", role: "writer", owner: true });
		}
		const refused = await refusalOf(addToEnvironments([...both], asWriter));
		expect(refused).toMatchObject({ code: "MEMBER_EXISTS", exit: 5 });
	});

	test("is all or nothing", async () => {
		const { project, both } = await withPreview();
		using _ = project;
		await addMember(both[1], { ...asReader, name: "bob" });
		const before = await project.read();
		const taken = await refusalOf(addToEnvironments([...both], asWriter));
		expect(taken).toMatchObject({ code: "MEMBER_EXISTS", exit: 5 });
		expect(taken.message).toContain("preview");
		const absent = { ...project.context, environment: "staging" };
		expect(await refusalOf(addToEnvironments([project.context, absent], asWriter))).toMatchObject({
			code: "ENVIRONMENT_NOT_FOUND",
		});
		expect(await project.read()).toBe(before);
	});
});
