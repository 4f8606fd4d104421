/** Members of several environments, changed by one command, with the real program. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { APP, newIdentityText, newProject, type Project } from "../support/project.ts";

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

test("members remove removes a member from several environments, and names each", async () => {
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
	// An owner may create environments, so ben is an owner first.
	const created = await ana.coffer(["environments", "create", "x", "--json"], { env: ben });
	expect(created.error().code).toBe("NOT_AN_OWNER");
});

test("members role changes a member's role in several environments", async () => {
	const { ana } = await threeEnvironments();
	await using _ = ana;
	const reader = await ana.coffer(["members", "role", "ben", "reader", "--all-environments"]);
	expect(reader.stdout).toMatch(/ben is now a reader of environment 'production'/);
	expect(reader.stdout).toMatch(/ben is now a reader of environment 'preview'/);
	expect(reader.stdout).toMatch(/Already a reader there, or not a member: staging/);
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

test("if one environment refuses, no environment is changed, and the error names it", async () => {
	const { ana, key, ben } = await threeEnvironments();
	await using _ = ana;
	// Ben must not write to staging, so nothing of this command may change production.
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

test("the environments are listed although libsodium is not loaded yet", async () => {
	const { ana } = await threeEnvironments();
	await using _ = ana;
	// The file is read before the WebAssembly of libsodium is compiled.
	ana.write(
		"../tmp/late.cjs",
		"const { instantiate } = WebAssembly; WebAssembly.instantiate = (...given) =>" +
			" new Promise((done) => setTimeout(done, 300)).then(() => instantiate(...given));",
	);
	const late = { env: { NODE_OPTIONS: "--require ../tmp/late.cjs" } };
	for (const command of [
		["members", "role", "ben", "reader"],
		["members", "remove", "ben"],
	]) {
		const { status, stderr } = await ana.coffer([...command, "--all-environments"], late);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	}
});

describe("with two environments that are linked with a platform, and one that is not", () => {
	let platform: Platform;
	let ana: Project;
	const ALL = "--all-environments";
	const addBen = (key: string) => ana.ok(["members", "add", key, "--name", "ben", ALL]);

	beforeAll(async () => {
		platform = await startPlatform();
		({ ana } = await threeEnvironments());
		await link(ana, platform);
		await ana.ok(["link", platform.control, "--app", `${APP}-preview`, "-e", "preview"]);
	});
	afterAll(async () => {
		await ana?.[Symbol.asyncDispose]();
		await platform?.[Symbol.asyncDispose]();
	});

	test("role and remove sync each linked environment", async () => {
		const role = await ana.coffer(["members", "role", "ben", "reader", ALL]);
		expect(role.status).toBe(0);
		expect(role.stdout).toMatch(/environment 'preview'; .*\n {2}Synced: revision \d/);
		expect(role.stdout).toMatch(/environment 'production'; .*\n {2}Synced: revision \d/);
		const removed = await ana.coffer(["members", "remove", "ben", ALL]);
		expect(removed.status).toBe(0);
		expect(removed.stdout.match(/Synced: revision \d/g)).toHaveLength(2);
		for (const name of ["production", "preview"])
			expect(await ana.data(["sync", "-e", name])).toMatchObject({ sent: [], taken: [], pending: [] });
	});

	test.each([
		["members", "role", "ben", "reader"],
		["members", "remove", "ben"],
	])("'%s %s' changes nothing and says so if the platform is down", async (...command) => {
		const { publicKey } = await ana.data(["identity", "new", "--ci"]);
		await addBen(publicKey);
		const { vault } = ana;
		await platform.stop();
		const down = await ana.coffer([...command, ALL, "--json"]);
		expect(down.error()).toMatchObject({ code: "PLATFORM_UNREACHABLE", exit: 6 });
		expect(down.error().message).toMatch(/^No member was changed, because environment 'preview' could not/);
		expect(down.error().hint).toContain("--no-sync");
		expect(ana.vault).toBe(vault);

		const offline = await ana.coffer([...command, ALL, "--no-sync"]);
		expect(offline.status).toBe(0);
		expect(offline.stdout).toMatch(/not synced yet: run 'coffer sync -e preview'/);
		await platform.start();
		for (const name of ["production", "preview"])
			expect(await ana.data(["sync", "-e", name])).toMatchObject({ sent: ["A"], pending: [] });
		await ana.ok(["vault", "verify"]);
		if (command[1] === "role") await ana.ok(["members", "remove", "ben", ALL]);
	});

	test("a command changes no environment if one app does not exist any more, and names its environment", async () => {
		const { publicKey } = await ana.data(["identity", "new", "--ci"]);
		await addBen(publicKey);
		await ana.ok(["apps", "delete", `${APP}-preview`, "--url", platform.control, "--yes"]);
		const { vault } = ana;
		for (const command of [
			["members", "role", "ben", "reader"],
			["members", "remove", "ben"],
		]) {
			const gone = await ana.coffer([...command, ALL, "--json"]);
			expect(gone.error()).toMatchObject({ code: "APP_NOT_FOUND", exit: 4 });
			expect(gone.error().message).toMatch(/^No member was changed, because environment 'preview'/);
			expect(ana.vault).toBe(vault);
		}
	});

	test("a command fails if the sync after an addition fails in one environment, and syncs the others", async () => {
		const { publicKey } = await ana.data(["identity", "new", "--ci"]);
		const added = await ana.coffer(["members", "add", publicKey, "--name", "carol", ALL]);
		expect(added.status).toBe(4);
		expect(added.stdout).toMatch(/carol is a writer of environment 'production'.*\n {2}Synced: revision/);
		expect(added.stdout).toMatch(/carol is a writer of environment 'staging'/);
		expect(added.stderr).toMatch(/^Error: preview: Saved, but not synced: The platform has no app/m);
		for (const name of ["production", "preview", "staging"])
			expect((await ana.data(["members", "list", "-e", name])).members).toContainEqual(
				expect.objectContaining({ name: "carol" }),
			);
	});
});

test("status names the first members of many, and the command that lists all", async () => {
	await using project = await newProject();
	for (let index = 1; index <= 9; index++) {
		const env = { COFFER_IDENTITY: newIdentityText() };
		const { publicKey } = await project.data(["identity", "show"], { env });
		await project.ok(["members", "add", publicKey, "--name", `reader-${index}`, "--role", "reader"]);
	}
	const { stdout } = await project.ok(["status"]);
	expect(stdout).toMatch(/^members .*reader-7 \(reader\) and 2 more \(coffer members list\)$/m);
	expect((await project.data(["status"])).members).toHaveLength(10);
});
