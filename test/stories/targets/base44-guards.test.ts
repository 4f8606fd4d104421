/**
 * Coffer does not send the secrets of a linked Base44 environment if they are older, or to another address.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Base44Server } from "../../support/services/base44-server.ts";
import { link, startPlatform } from "../support/platform.ts";
import { newProject, Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

describe("a guard of a linked environment", () => {
	let base44: Base44Server;
	let project: Project;
	beforeAll(async () => {
		base44 = await new Base44Server().start();
		project = await newProject({ env: { BASE44_API_KEY: base44.key } });
		await project.ok(["secrets", "set", "NEW=n"]);
		await project.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	});
	afterAll(async () => {
		await project?.[Symbol.asyncDispose]();
		await base44?.[Symbol.asyncDispose]();
	});

	test("refuses an older vault file with exit status 5 and sends nothing; --take local sends it, --take platform is refused", async () => {
		const before = project.vault;
		await project.ok(["secrets", "set", "NEW=newer", "LATER=1"]);
		const now = project.vault;
		project.vault = before;
		base44.take();
		const older = await project.coffer(["sync", "--json"]);
		expect(older.error()).toMatchObject({
			code: "SYNC_ROLLED_BACK",
			exit: 5,
			message: expect.stringMatching(/LATER, NEW/),
			hint: expect.stringMatching(/--take local/),
		});
		expect(older.json()).toMatchObject({ pending: ["LATER", "NEW"], sent: [] });
		const platform = await project.coffer(["sync", "--take", "platform", "--json"]);
		expect(platform.error()).toMatchObject({ code: "TAKE_IMPOSSIBLE", exit: 2 });
		expect(base44.take()).toEqual(["GET"]);
		expect(base44.secrets.get("NEW")).toBe("newer");
		expect(await project.data(["sync", "--take", "local"])).toMatchObject({
			sent: ["NEW"],
			deleted: ["LATER"],
		});
		expect(base44.secrets.get("NEW")).toBe("n");
		project.vault = now;
		expect(await project.data(["sync"])).toMatchObject({ sent: ["LATER", "NEW"], pending: [] });
		expect(base44.secrets.get("NEW")).toBe("newer");
	});

	test("refuses another address in coffer.json with exit status 7, and sends nothing there, not even the key", async () => {
		await using other = await new Base44Server().start();
		const config = project.read("coffer.json");
		for (const changed of [
			config.replace(base44.origin, other.origin),
			config.replace(base44.origin, "https://app.base44.com"),
			config.replace(base44.app, "other"),
		]) {
			project.write("coffer.json", changed);
			base44.take();
			const sync = await project.coffer(["sync", "--json"]);
			expect(sync.error()).toMatchObject({
				code: "TARGET_MOVED",
				exit: 7,
				hint: expect.stringMatching(/coffer link base44/),
			});
			const set = await project.coffer(["secrets", "set", "NEW=newest", "--json"]);
			expect(set.error()).toMatchObject({ code: "TARGET_MOVED", exit: 7 });
			expect((await project.data(["status"])).reachable).toBe(false);
			expect((await project.coffer(["sync", "--dry-run", "--json"])).error().exit).toBe(7);
			expect([...other.take(), ...base44.take()]).toEqual([]);
		}
		project.write("coffer.json", config);
		expect(await project.data(["sync"])).toMatchObject({ sent: ["NEW"] });
	});
});

test("a fresh clone sends only to Base44's own address and to addresses that this device has linked", async () => {
	await using base44 = await new Base44Server().start();
	await using ana = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await ana.ok(["secrets", "set", "A=1"]);
	await ana.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	await using clone = new Project({ identity: ana.identity ?? "none", env: { BASE44_API_KEY: base44.key } });
	clone.vault = ana.vault;
	writeFileSync(join(clone.root, "coffer.json"), ana.read("coffer.json"));
	base44.take();
	const refused = await clone.coffer(["sync", "--json"]);
	expect(refused.error()).toMatchObject({
		code: "TARGET_UNKNOWN",
		exit: 3,
		hint: expect.stringMatching(/coffer link base44 --app \S+ --url/),
	});
	expect(base44.take()).toEqual([]);
	await clone.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	expect(base44.take()).toEqual(["GET", "POST A"]);
	clone.variables["BASE44_API_KEY"] = undefined;
	const keyless = await clone.coffer(["sync", "--json"]);
	expect(keyless.error()).toMatchObject({ code: "BASE44_KEY_MISSING", exit: 6 });
});

test("an environment has one target: link refuses a second one until the user unlinks the first", async () => {
	await using base44 = await new Base44Server().start();
	await using ana = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await ana.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	const platform = await ana.coffer([
		"link",
		"http://127.0.0.1:1",
		"--app",
		"shop",
		"--token",
		"t",
		"--json",
	]);
	expect(platform.error()).toMatchObject({ code: "ENVIRONMENT_LINKED", exit: 5 });
});

test("link base44 refuses an environment that is linked with a Coffer platform; a dry run shows requests and sends none", async () => {
	await using platform = await startPlatform();
	await using base44 = await new Base44Server().start();
	await using ana = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await ana.ok(["secrets", "set", "A=1"]);
	await link(ana, platform);
	const refused = await ana.coffer([
		...["link", "base44", "--url", base44.origin],
		...["--app", base44.app, "--json"],
	]);
	expect(refused.error()).toMatchObject({ code: "ENVIRONMENT_LINKED", exit: 5 });
	expect(base44.take()).toEqual([]);

	await ana.ok(["secrets", "set", "B=2", "C=3", "--no-sync"]);
	await platform.kill();
	const changes = `${platform.control}/v1/apps/shop/changes`;
	expect(await ana.data(["sync", "--dry-run"])).toEqual({
		environment: "production",
		target: "coffer",
		app: "shop",
		calls: [
			{ method: "GET", url: `${changes}?after=1`, names: [] },
			{ method: "POST", url: changes, names: ["B", "C"] },
		],
		pending: [],
	});
	expect((await ana.ok(["sync", "--dry-run"])).stdout).toBe(
		[
			`GET ${changes}?after=1  (reads the changes of others)`,
			`POST ${changes}  B C`,
			"Dry run: nothing was sent.\n",
		].join("\n"),
	);
	await platform.start();
	expect(await ana.data(["status"])).toMatchObject({ target: "coffer", platformRevision: 1 });
});

test("--take by name decides some older secrets, and a terminal asks about the rest", async () => {
	await using base44 = await new Base44Server().start();
	await using ana = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await ana.ok(["secrets", "set", "A=first", "B=first"]);
	await ana.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	const before = ana.vault;
	await ana.ok(["secrets", "set", "A=second", "B=second"]);
	ana.vault = before;
	expect(await ana.data(["secrets", "set", "C=1"])).toMatchObject({
		set: ["C"],
		pending: 2,
		target: { sent: ["C"] },
	});
	const named = await ana.coffer(["sync", "--take", "local", "B", "--json"]);
	expect(named.json()).toMatchObject({ sent: ["B"], pending: ["A"] });
	expect(named.error()).toMatchObject({ code: "SYNC_ROLLED_BACK", exit: 5 });
	const later = await onTerminal(ana, ["sync"], [{ question: "What should happen?", answer: "" }]);
	expect([later.status, base44.secrets.get("A")]).toEqual([5, "second"]);
	const now = await onTerminal(ana, ["sync"], [{ question: "decide later", answer: "\u001b[B" }]);
	expect([now.status, base44.secrets.get("A")]).toEqual([0, "first"]);
});

test("a CI job with a reader's identity sends the vault's secrets and does not change the vault", async () => {
	await using base44 = await new Base44Server().start();
	await using ana = await newProject({ env: { BASE44_API_KEY: base44.key } });
	const { publicKey, secret } = await ana.data(["identity", "new", "--ci"]);
	await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
	await ana.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	await ana.ok(["secrets", "set", "A=1", "--no-sync"]);
	const vault = ana.vault;
	const ci = { env: { COFFER_IDENTITY: secret } };
	await ana.ok(["link", "base44", "--url", base44.origin, "--app", base44.app], ci);
	expect(base44.secrets.get("A")).toBe("1");
	expect(await ana.data(["sync"], ci)).toMatchObject({ sent: [], pending: [] });
	expect(ana.vault).toBe(vault);
});
