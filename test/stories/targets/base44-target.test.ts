/** An environment whose secrets Coffer sends to an app at Base44. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { Base44Server } from "../../support/services/base44-server.ts";
import { type SecretService, withSecretService } from "../../support/services/secret-service.ts";
import { Project } from "../support/project.ts";

const KEEP = "kept-in-the-vault-7731";

describe("a project with a keychain and a Base44 app", () => {
	let service: SecretService;
	let base44: Base44Server;
	let project: Project;
	beforeAll(async () => {
		[service, base44] = await Promise.all([withSecretService(), new Base44Server().start()]);
		project = new Project({ identity: "none", env: service.env });
		await project.ok(["init"]);
		await project.ok(["secrets", "set", "OLD=gone-before"]);
		await project.ok(["secrets", "delete", "OLD"]);
		await project.ok(["secrets", "set", `API_KEY=${KEEP}`, "STRIPE_KEY=sk-1"]);
	});
	afterAll(async () => {
		await project?.[Symbol.asyncDispose]();
		await base44?.[Symbol.asyncDispose]();
		await service?.close();
	});
	const link = (...more: string[]) =>
		project.coffer(["link", "base44", "--url", base44.origin, "--key-stdin", "--json", ...more], {
			input: `${base44.key}\n`,
		});

	test("links nothing with a key that Base44 refuses, or without the name of an app", async () => {
		const unnamed = await link();
		expect(unnamed.error()).toMatchObject({ code: "APP_ID_MISSING", exit: 2 });
		const wrong = await project.coffer(
			["link", "base44", "--url", base44.origin, "--app", base44.app, "--key-stdin", "--json"],
			{ input: "b44k_wrong-canary-91" },
		);
		expect(wrong.error()).toMatchObject({ code: "BASE44_KEY_REFUSED", exit: 3 });
		expect(wrong.stderr).not.toContain("canary-91");
		const insecure = await project.coffer(
			["link", "base44", "--url", "http://base44.example.com", "--app", "a", "--key-stdin", "--json"],
			{ input: base44.key },
		);
		expect(insecure.error()).toMatchObject({ code: "TARGET_URL_INSECURE", exit: 2 });
		expect(base44.take()).toEqual(["GET"]);
		expect(filesBelow(project.root).map(({ path }) => path)).not.toContain(join(project.root, "coffer.json"));
	});

	test("link base44 tries the key once, sends the vault's secrets, and leaves other secrets alone", async () => {
		base44.secrets.set("ELSEWHERE", "set by hand");
		base44.secrets.set("OLD", "set by hand, too");
		project.write("base44/.app.jsonc", `// Base44\n{ "id": "${base44.app}", }\n`);
		const linked = await link();
		expect(linked.json()).toEqual({
			environment: "production",
			target: "base44",
			app: base44.app,
			url: base44.origin,
			sent: ["API_KEY", "STRIPE_KEY"],
			deleted: [],
			pending: [],
			foreign: ["ELSEWHERE", "OLD"],
		});
		expect(base44.take()).toEqual(["GET", "POST API_KEY STRIPE_KEY"]);
		expect(base44.secrets.get("API_KEY")).toBe(KEEP);
		const { vault } = await project.data(["status"]);
		expect(JSON.parse(project.read("coffer.json"))).toEqual({
			links: { production: { kind: "base44", url: base44.origin, app: base44.app, vault } },
		});
		const found = filesBelow(project.machine).filter(
			({ bytes }) => bytes.includes(KEEP) || bytes.includes(base44.key),
		);
		expect(found.map(({ path }) => path)).toEqual([]);
	});

	test("secrets set sends a changed value without a question, and sends nothing for the same value", async () => {
		base44.take();
		const set = await project.data(["secrets", "set", "API_KEY=second", "STRIPE_KEY=sk-1"]);
		expect(set).toMatchObject({ set: ["API_KEY"], unchanged: ["STRIPE_KEY"], pending: 0, revision: null });
		expect(set.target).toEqual({
			kind: "base44",
			app: base44.app,
			url: base44.origin,
			sent: ["API_KEY"],
			deleted: [],
		});
		await project.ok(["secrets", "set", "API_KEY=second"]);
		expect(base44.take()).toEqual(["POST API_KEY"]);
	});

	test("an unreachable Base44 leaves the change saved and counted as pending; a dry run shows the requests that sync makes", async () => {
		await base44.stop();
		const set = await project.data(["secrets", "set", "API_KEY=third", "NEW=n"]);
		expect(set).toMatchObject({ set: ["API_KEY", "NEW"], pending: 2 });
		expect(set.warnings.join()).toMatch(/^Saved, but not synced: Base44 at \S+ cannot be reached/);
		await project.ok(["secrets", "delete", "STRIPE_KEY"]);
		expect(await project.data(["status"])).toMatchObject({
			target: "base44",
			reachable: false,
			pending: ["API_KEY", "NEW", "STRIPE_KEY"],
			reason: expect.stringMatching(/cannot be reached/),
		});
		const { secrets } = await project.data(["secrets", "list"]);
		expect(secrets.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
			["API_KEY", "pending"],
			["NEW", "pending"],
		]);
		const dry = await project.ok(["sync", "--dry-run"]);
		expect(dry.stdout.split("\n")).toEqual([
			`GET ${base44.url}  (reads the names at Base44)`,
			`POST ${base44.url}  API_KEY NEW`,
			`DELETE ${base44.url}?secret_name=STRIPE_KEY  STRIPE_KEY`,
			"Dry run: nothing was sent.",
			"",
		]);
		await base44.start();
		base44.take();
		const { calls } = await project.data(["sync", "--dry-run"]);
		expect(base44.take()).toEqual([]);
		expect(calls).toHaveLength(3);
		expect(await project.data(["sync"])).toMatchObject({
			target: "base44",
			sent: ["API_KEY", "NEW"],
			deleted: ["STRIPE_KEY"],
			missing: [],
			pending: [],
			foreign: ["ELSEWHERE", "OLD"],
		});
		expect(base44.take()).toEqual(["GET", "POST API_KEY NEW", "DELETE STRIPE_KEY"]);
		expect(await project.data(["status"])).toMatchObject({
			reachable: true,
			pending: [],
			foreign: ["ELSEWHERE", "OLD"],
		});
	});

	test("a secret that is missing at Base44 is reported and sent again, and deleting a missing one succeeds", async () => {
		base44.secrets.delete("NEW");
		base44.secrets.delete("API_KEY");
		expect(await project.data(["status"])).toMatchObject({
			missing: ["API_KEY", "NEW"],
			pending: ["API_KEY", "NEW"],
		});
		await project.ok(["secrets", "delete", "API_KEY"]);
		base44.take();
		expect(await project.data(["sync"])).toMatchObject({ sent: ["NEW"], missing: ["NEW"] });
		expect(base44.take()).toEqual(["GET", "POST NEW"]);
	});

	test("commands about functions say that Base44 deploys them", async () => {
		project.write("functions/a.ts", "export default () => new Response();\n");
		for (const [args, says] of [
			[["functions", "deploy"], /base44 functions deploy/],
			[["functions", "list"], /base44 functions list/],
			[["functions", "delete", "a"], /base44 functions delete/],
			[["functions", "logs", "a"], /base44 logs/],
			[["functions", "references"], /--local/],
			[["platform", "token", "list"], /--url/],
		] as const) {
			const refused = await project.coffer([...args, "--json"]);
			expect(refused.error(), args.join(" ")).toMatchObject({
				code: "TARGET_IS_BASE44",
				exit: 2,
				hint: expect.stringMatching(says),
			});
		}
		const plan = await project.data(["secrets", "set", "NEW=other", "--dry-run"]);
		expect(plan).toMatchObject({ linked: true, target: "base44", redeploy: [] });
		expect(plan.changes).toEqual([{ name: "NEW", kind: "set", pending: false }]);
		expect((await project.data(["environments", "list"])).environments).toMatchObject([
			{ app: base44.app, url: base44.origin },
		]);
		expect((await project.data(["vault", "verify"])).findings).toEqual([]);
		const { versions } = await project.data(["secrets", "history", "NEW"]);
		expect(versions).toHaveLength(1);
	});

	test("values that a removal of a member re-encrypted are not sent as changes", async () => {
		const { publicKey } = await project.data(["identity", "new", "--ci"]);
		await project.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
		base44.take();
		expect(await project.data(["members", "remove", "ci"])).toMatchObject({ epoch: 2, pending: 0 });
		expect(await project.data(["sync"])).toMatchObject({ sent: [], deleted: [], pending: [] });
		expect(base44.take()).toEqual(["GET"]);
	});

	test("unlink removes the link and the stored state, and the values stay in Base44", async () => {
		base44.take();
		expect(await project.data(["unlink", "--forget-token"])).toMatchObject({
			target: "base44",
			app: base44.app,
			epoch: null,
			left: ["NEW"],
			tokenForgotten: true,
		});
		expect(base44.take()).toEqual([]);
		expect(base44.secrets.get("NEW")).toBe("n");
		expect(JSON.parse(project.read("coffer.json"))).toEqual({ links: {} });
		expect(await project.data(["secrets", "set", "NEW=x"])).toMatchObject({ pending: 0 });
		const again = await link();
		expect(again.json()).toMatchObject({ sent: ["NEW"] });
	});
});
