/**
 * A device replaces its key, with the real program: project by project, with a platform, and with
 * interruptions.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withSecretService } from "../../support/services/secret-service.ts";
import { link, pidsOf, startPlatform } from "../support/platform.ts";
import { newProject, Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

const ROTATE = ["identity", "rotate"];
const FORGET = [...ROTATE, "--forget-previous"];

/** A project whose identity is in a file on its machine. */
async function withIdentityFile(name = "ana"): Promise<Project> {
	const project = new Project({ identity: "none" });
	project.variables["COFFER_IDENTITY_FILE"] = join(project.machine, "identity");
	await project.ok(["init", "--name", name]);
	return project;
}

/** Another project of the same device. */
async function besides(first: Project): Promise<Project> {
	const { XDG_STATE_HOME, DBUS_SESSION_BUS_ADDRESS } = first.variables;
	const second = new Project({ identity: "none", env: { XDG_STATE_HOME, DBUS_SESSION_BUS_ADDRESS } });
	await second.ok(["init", "--name", "ana@second"]);
	return second;
}

test("with a keychain, two projects change to one new key, which is the only one at the end", async () => {
	const service = await withSecretService();
	try {
		await using first = await newProject({ identity: "none", env: service.env });
		await using second = await besides(first);
		await first.ok(["secrets", "set", "A=a"]);
		await second.ok(["secrets", "set", "B=b"]);
		const before = await first.data(["identity", "show"]);

		const rotated = await first.data([...ROTATE, "--name", "ana@new"]);
		expect(rotated).toMatchObject({ created: true, previous: before.fingerprint, waiting: [] });
		expect(rotated.environments).toMatchObject([{ environment: "production", name: "ana@new", epoch: 2 }]);
		expect(rotated.environments[0].debt).toMatchObject([{ names: ["A"] }]);
		expect(await first.reveal("A")).toBe("a");
		expect((await first.data(["identity", "show"])).publicKey).toBe(rotated.publicKey);

		const refused = (await second.coffer(["secrets", "get", "B", "--json"])).error();
		expect(refused).toMatchObject({
			code: "NOT_A_MEMBER",
			exit: 3,
			hint: expect.stringContaining("coffer identity rotate"),
		});
		expect((await second.coffer([...FORGET, "--yes", "--json"])).error()).toMatchObject({
			code: "HANDOVER_OPEN",
			exit: 5,
		});
		const warned = await first.coffer([...FORGET, "--json"]);
		expect(warned.error()).toMatchObject({ code: "NO_TERMINAL", exit: 2 });
		expect(warned.stderr).toMatch(/only the previous identity has opened environment 'production'/);

		const finished = await second.data(ROTATE);
		expect(finished).toMatchObject({ created: false, publicKey: rotated.publicKey });
		expect(finished.environments).toMatchObject([{ name: "ana@second.2", removed: "ana@second" }]);
		expect(await second.reveal("B")).toBe("b");
		expect(await second.data(ROTATE)).toMatchObject({ created: false, environments: [], waiting: [] });
		const forgotten = await onTerminal(second, FORGET, [
			{ question: "Forget the previous identity", answer: "y" },
		]);
		expect(forgotten.status).toBe(0);
		expect((await second.coffer([...FORGET, "--json"])).error()).toMatchObject({
			code: "ROTATION_NOT_FOUND",
			exit: 4,
		});
		expect((await second.data(["vault", "verify"])).findings).toEqual([]);
	} finally {
		await service.close();
	}
});

test("with a platform, functions continue to run; the rotation stops while the platform is unreachable and continues later", async () => {
	await using ana = await withIdentityFile();
	await using platform = await startPlatform();
	await ana.ok(["secrets", "set", "GREETING=hello"]);
	ana.write("functions/hello.ts", `export default () => new Response(Deno.env.get("GREETING"));\n`);
	await link(ana, platform);
	await ana.ok(["functions", "deploy"]);
	const pids = await pidsOf(ana);
	await platform.stop();

	const halfWay = await ana.coffer([...ROTATE, "--json"]);
	expect(halfWay.error()).toMatchObject({
		code: "PLATFORM_UNREACHABLE",
		exit: 6,
		hint: expect.stringContaining("again"),
	});
	const { members } = await ana.data(["members", "list"]);
	expect(members).toMatchObject([{ name: "ana" }, { name: "ana.2", self: true, owner: true }, {}]);
	const key = (await ana.data(["identity", "show"])).publicKey;

	await platform.start();
	const rotated = await ana.data(ROTATE);
	expect(rotated).toMatchObject({ created: false, publicKey: key });
	expect(rotated.environments).toMatchObject([{ name: "ana.2", removed: "ana", pending: 0, redeployed: [] }]);
	expect((await platform.call("hello")).text).toBe("hello");
	await ana.ok(["secrets", "set", "GREETING=hello-2"]);
	expect((await platform.call("hello")).text).toBe("hello-2");
	const synced = await ana.data(["sync"]);
	expect([synced.pending, synced.warnings]).toEqual([[], undefined]);

	const again = await ana.data([...FORGET, "--yes"]).then(() => ana.data([...ROTATE, "--no-sync"]));
	expect(again.environments).toMatchObject([{ name: "ana.3", pending: 1, revision: null }]);
	expect(await ana.data(["sync"])).toMatchObject({ sent: ["GREETING"], redeployed: [], pending: [] });
	expect((await platform.call("hello")).text).toBe("hello-2");
	expect(Object.keys(await pidsOf(ana))).toEqual(Object.keys(pids));
});

test("if the previous key is a reader, the error says what a writer must do", async () => {
	await using ana = await newProject();
	await using ben = new Project({ identity: "none" });
	ben.variables["COFFER_IDENTITY_FILE"] = join(ben.machine, "identity");
	const { publicKey } = await ben.data(["identity", "new"]);
	await ana.ok(["members", "add", publicKey, "--name", "ben", "--role", "reader"]);
	await ana.ok(["secrets", "set", "A=a"]);
	ben.vault = ana.vault;
	expect(await ben.reveal("A")).toBe("a");

	const rotated = await ben.ok(ROTATE);
	expect(ben.vault).toBe(ana.vault);
	const hints = rotated.stdout.split("\n").filter((line) => line.includes("coffer members"));
	expect(hints).toHaveLength(2);
	const key = (await ben.data(["identity", "show"])).publicKey;
	expect((await ben.data(ROTATE)).waiting).toEqual([
		{ environment: "production", previous: "ben", readable: false },
	]);
	expect((await ben.coffer([...FORGET, "--yes", "--json"])).error().code).toBe("HANDOVER_OPEN");

	const [add = "", remove = ""] = hints.map((line) => line.trim().replace("NAME", "ben.2"));
	for (const line of [add, remove]) await ana.ok(line.split(" ").slice(1));
	expect(add).toContain(key);
	ben.vault = ana.vault;
	expect(await ben.reveal("A")).toBe("a");
	await ben.ok([...FORGET, "--yes"]);
});

test("rotation is refused if the identity comes from COFFER_IDENTITY or if the vault is invalid", async () => {
	await using ci = await newProject();
	expect((await ci.coffer([...ROTATE, "--json"])).error()).toMatchObject({
		code: "IDENTITY_NOT_ROTATABLE",
		exit: 2,
		hint: expect.stringContaining("identity new --ci"),
	});
	await using ana = await withIdentityFile();
	const file = ana.variables["COFFER_IDENTITY_FILE"] ?? "";
	const [identity, vault] = [readFileSync(file, "utf8"), ana.vault];
	ana.vault = vault.replace("end vault", "<<<<<<< ours\nend vault");
	expect((await ana.coffer([...ROTATE, "--json"])).error()).toMatchObject({
		code: "VAULT_CONFLICTED",
		exit: 5,
	});
	expect((await ana.coffer([...ROTATE, "--yes", "--json"])).error().exit).toBe(2);
	expect(readFileSync(file, "utf8")).toBe(identity);
	expect(statSync(`${file}.previous`, { throwIfNoEntry: false })).toBe(undefined);
	ana.vault = vault;
	expect((await ana.coffer([...ROTATE, "--name", "a b", "--json"])).error()).toMatchObject({
		code: "MEMBER_NAME_INVALID",
		exit: 2,
	});
	expect((await ana.data(ROTATE)).environments).toHaveLength(1);
});
