/** Members of several environments, changed together, on the real program. */
import { expect, test } from "vitest";
import { newProject, type Project } from "./support/project.ts";

const SEVERAL = ["-e", "production", "-e", "preview", "-e", "staging"];

/** A project with three environments. Ben is a writer of production and preview. */
async function threeEnvironments(): Promise<{ ana: Project; key: string; ben: Record<string, string> }> {
	const ana = await newProject();
	for (const name of ["preview", "staging"]) await ana.ok(["environments", "create", name]);
	for (const name of ["production", "preview", "staging"])
		await ana.ok(["secrets", "set", "A=a", "-e", name]);
	const { publicKey, secret } = await ana.data(["identity", "new", "--ci"]);
	await ana.ok(["members", "add", publicKey, "--name", "ben", "-e", "production", "-e", "preview"]);
	return { ana, key: publicKey, ben: { COFFER_IDENTITY: secret } };
}

async function membersOf(project: Project, environment: string): Promise<string[]> {
	const { members } = await project.data(["members", "list", "-e", environment]);
	return members.map(({ name, role, owner }: { name: string; role: string; owner: boolean }) =>
		name === "ben" ? `${name} ${role}${owner ? " owner" : ""}` : "ana",
	);
}

test("a member is removed from several environments by one command, which names each", async () => {
	const { ana, ben } = await threeEnvironments();
	await using _ = ana;
	const removed = await ana.coffer(["members", "remove", "ben", ...SEVERAL]);
	expect(removed.status).toBe(0);
	expect(removed.stdout).toMatch(/Removed ben from production; 1 record re-encrypted, epoch 2/);
	expect(removed.stdout).toMatch(/Removed ben from preview; 1 record re-encrypted, epoch 2/);
	expect(removed.stdout).toMatch(/No member of these names in: staging/);
	expect(removed.stdout).not.toContain("Still a member");
	for (const name of ["production", "preview", "staging"]) {
		expect(await membersOf(ana, name)).toEqual(["ana"]);
		const refused = await ana.coffer(["secrets", "list", "-e", name, "--json"], { env: ben });
		expect(refused.error().code).toBe("NOT_A_MEMBER");
	}
	await ana.ok(["vault", "verify"]);
	// Ben was an owner, too. An owner could create environments.
	const created = await ana.coffer(["environments", "create", "x", "--json"], { env: ben });
	expect(created.error().code).toBe("NOT_AN_OWNER");
});

test("a member gets another role in several environments by one command", async () => {
	const { ana } = await threeEnvironments();
	await using _ = ana;
	const reader = await ana.coffer(["members", "role", "ben", "reader", "--all-environments"]);
	expect(reader.stdout).toMatch(/ben is now a reader of environment 'production'/);
	expect(reader.stdout).toMatch(/ben is now a reader of environment 'preview'/);
	expect(reader.stdout).toMatch(/Already a reader there, or no member: staging/);
	for (const name of ["production", "preview"]) expect(await membersOf(ana, name)).toContain("ben reader");
	const writer = await ana.data(["members", "role", "ben", "writer", ...SEVERAL]);
	expect(writer).toMatchObject({
		name: "ben",
		role: "writer",
		environments: [
			{ environment: "production", epoch: 3 },
			{ environment: "preview", epoch: 3 },
		],
		unchanged: ["staging"],
	});
	for (const name of ["production", "preview"])
		expect(await membersOf(ana, name)).toContain("ben writer owner");
	await ana.ok(["vault", "verify"]);
});

test("if one environment refuses, none is changed, and the error names the environment", async () => {
	const { ana, key, ben } = await threeEnvironments();
	await using _ = ana;
	// Ben may not write staging, so nothing of Ben's command may reach production.
	await ana.ok(["members", "add", key, "--name", "ben", "--role", "reader", "-e", "staging"]);
	const carol = (await ana.data(["identity", "new", "--ci"])).publicKey;
	await ana.ok(["members", "add", carol, "--name", "carol", ...SEVERAL]);
	const { vault } = ana;
	for (const command of [
		["members", "remove", "carol", ...SEVERAL],
		["members", "role", "carol", "reader", ...SEVERAL],
	]) {
		const refused = await ana.coffer([...command, "--json"], { env: ben });
		expect(refused.error()).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });
		expect(refused.error().message).toContain("staging");
		expect(ana.vault).toBe(vault);
	}
	const unknown = await ana.coffer(["members", "remove", "carol", "eve", ...SEVERAL, "--json"]);
	expect(unknown.error()).toMatchObject({ code: "MEMBER_NOT_FOUND", exit: 4 });
	expect(unknown.error().message).toContain("'eve': production, preview, staging");
	expect(ana.vault).toBe(vault);
});
