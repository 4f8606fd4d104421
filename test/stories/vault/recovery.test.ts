/**
 * Follows docs/recovery.md after the loss of a laptop: with an export, with a second writer, and with neither.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeCheapExport } from "../../support/cheap-export.ts";
import { commit } from "../support/clone.ts";
import { link, sharedPlatform } from "../support/platform.ts";
import { newProject, Project } from "../support/project.ts";

const PASSPHRASE = { input: "the stick is in the drawer\n" };

/** As `identity export`, with a key derivation that costs less than Coffer's own. */
async function exportCheaply(from: Project, path: string): Promise<void> {
	const identity = readFileSync(join(from.machine, "identity"), "utf8");
	await writeCheapExport(path, identity, PASSPHRASE.input.trim());
}

/**
 * A laptop with a project that has been pushed. Its identity is in a file, as on a system without a keychain.
 */
async function laptopWithProject(): Promise<Project> {
	const laptop = new Project({ identity: "none" });
	laptop.variables["COFFER_IDENTITY_FILE"] = join(laptop.machine, "identity");
	await laptop.ok(["init", "--name", "ana@laptop"]);
	await laptop.ok(["secrets", "set", "API_KEY=one", "DATABASE_URL=two"]);
	await laptop.git("init", "--quiet");
	await commit(laptop, "Start");
	return laptop;
}

/** A machine that has only a clone. */
async function newMachine(from: Project): Promise<Project> {
	const machine = new Project({ identity: "none" });
	machine.variables["COFFER_IDENTITY_FILE"] = join(machine.machine, "identity");
	await machine.git("clone", "--quiet", from.root, ".");
	return machine;
}

async function push(from: Project, to: Project, message: string): Promise<void> {
	await commit(from, message);
	await to.git("pull", "--quiet", from.root, "HEAD");
}

test("with an export, a user imports and rotates the identity, and the lost key cannot decrypt new values", async () => {
	await using lost = await laptopWithProject();
	await using stick = new Project({ identity: "none" });
	const file = join(stick.root, "coffer-identity");
	await exportCheaply(lost, file);

	await using found = await newMachine(lost);
	await found.ok(["identity", "import", file, "--passphrase-stdin"], PASSPHRASE);
	const listed = await found.data(["secrets", "list"]);
	expect(listed.secrets).toHaveLength(2);
	expect(listed.warnings.join()).toContain("First use of this vault here");

	const rotated = await found.data(["identity", "rotate"]);
	expect(rotated.environments).toMatchObject([
		{ name: "ana@laptop.2", removed: "ana@laptop", debt: [{ names: ["API_KEY", "DATABASE_URL"] }] },
	]);
	await found.ok(["secrets", "set", "API_KEY=one-anew", "DATABASE_URL=two-anew"]);
	await push(found, lost, "Rotate a lost key");
	await found.ok(["identity", "rotate", "--forget-previous", "--yes"]);
	expect((await found.data(["status"])).debt).toEqual([]);
	expect(await found.reveal("API_KEY")).toBe("one-anew");
	expect((await lost.coffer(["secrets", "get", "API_KEY", "--json"])).error().code).toBe("NOT_A_MEMBER");

	const next = join(stick.root, "coffer-identity-2");
	await exportCheaply(found, next);
	await using another = await newMachine(found);
	await another.ok(["identity", "import", next, "--passphrase-stdin"], PASSPHRASE);
	expect(await another.reveal("API_KEY")).toBe("one-anew");
});

test("with a second writer, the team adds a new key and removes the lost one", async () => {
	await using lost = await laptopWithProject();
	await using ben = await newMachine(lost);
	const { publicKey } = await ben.data(["identity", "new"]);
	await lost.ok(["members", "add", publicKey, "--name", "ben@desk"]);
	await push(lost, ben, "Add ben");

	await using found = await newMachine(ben);
	const key = (await found.data(["identity", "new"])).publicKey;
	await ben.ok(["members", "add", key, "--name", "ana@new-laptop"]);
	const removed = await ben.data(["members", "remove", "ana@laptop"]);
	expect(removed.debt).toMatchObject([{ member: "ana@laptop", names: ["API_KEY", "DATABASE_URL"] }]);
	await push(ben, found, "Replace a lost laptop");
	expect(await found.reveal("DATABASE_URL")).toBe("two");
	await found.ok(["secrets", "set", "API_KEY=one-anew"]);
	expect((await found.data(["members", "list"])).members).toMatchObject([
		{ name: "ana@new-laptop", owner: true, self: true },
		{ name: "ben@desk", owner: true },
	]);
});

test("with neither, functions continue to run, the names are known, and a new vault replaces the old one", async () => {
	await using lost = await newProject();
	await using platform = await sharedPlatform();
	await lost.ok(["secrets", "set", "GREETING=hello"]);
	lost.write("functions/hello.ts", `export default () => new Response(Deno.env.get("GREETING"));\n`);
	await link(lost, platform);
	await lost.ok(["functions", "deploy"]);
	await lost.git("init", "--quiet");
	await commit(lost, "Start");

	await using found = await newMachine(lost);
	await found.ok(["identity", "new"]);
	found.variables["COFFER_TOKEN"] = platform.token;
	found.variables["COFFER_ORIGIN"] = platform.control;
	expect((await found.coffer(["secrets", "get", "GREETING", "--json"])).error().code).toBe("NOT_A_MEMBER");
	expect(found.vault).toMatch(/^GREETING$/m);
	expect(await found.data(["vault", "verify"])).toMatchObject({ findings: [] });
	expect((await platform.call("hello")).text).toBe("hello");

	for (const name of ["coffer.vault", "coffer.json"]) await found.git("mv", name, `${name}.lost`);
	await found.ok(["init"]);
	await found.ok(["secrets", "set", "GREETING=hello anew"]);
	const taken = await found.coffer(["link", platform.control, "--app", "shop", "--json"]);
	expect(taken.status).not.toBe(0);
	await found.ok(["link", platform.control, "--app", "shop-2"]);
	await found.ok(["functions", "deploy"]);
	expect(await (await fetch(`${platform.listen}/shop-2/hello`)).text()).toBe("hello anew");
	expect((await platform.call("hello")).text).toBe("hello");
});

test("after the vault was deleted and never committed, 'init' says which vault is gone, and a copy of it can return", async () => {
	await using project = await newProject();
	await project.ok(["secrets", "set", "API_KEY=one"]);
	const former = project.vault;
	rmSync(join(project.root, "coffer.vault"));

	const created = await project.coffer(["init"]);
	const [, id] = /^Warning: This folder had another vault before \((.{12}…)\)/m.exec(created.stderr) ?? [];
	expect(await project.data(["secrets", "list"])).toMatchObject({ secrets: [] });

	project.write("coffer.vault", former);
	const different = (await project.coffer(["secrets", "list", "--json"])).error();
	expect(different.message).toContain(`a different vault (${id})`);
	const [, code = ""] = /--confirm (\w+)/.exec((await project.coffer(["vault", "accept"])).stderr) ?? [];
	await project.ok(["vault", "accept", "--confirm", code]);
	expect(await project.data(["secrets", "list"])).toMatchObject({ secrets: [{ name: "API_KEY" }] });
});
