/** Several environments in one vault, with the real program. */
import { expect, test } from "vitest";
import { link, sharedPlatform } from "../support/platform.ts";
import { newProject } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

test("a second environment has its own values, members and app", async () => {
	await using ana = await newProject();
	await using platform = await sharedPlatform();
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", "GREETING=live"]);
	await ana.ok(["secrets", "set", "GREETING=trial", "-e", "preview"]);
	ana.write("functions/hello.ts", `export default () => new Response(Deno.env.get("GREETING"));\n`);
	await link(ana, platform);
	await ana.ok(["link", platform.control, "--app", "shop-preview", "-e", "preview"]);
	for (const name of ["production", "preview"]) await ana.ok(["functions", "deploy", "-e", name]);
	const answers = async () =>
		await Promise.all(
			["shop", "shop-preview"].map(async (app) => (await fetch(`${platform.listen}/${app}/hello`)).text()),
		);
	expect(await answers()).toEqual(["live", "trial"]);
	await ana.ok(["secrets", "set", "GREETING=trial-2", "-e", "preview"]);
	expect(await answers()).toEqual(["live", "trial-2"]);

	const { publicKey, secret } = await ana.data(["identity", "new", "--ci"]);
	await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader", "-e", "preview"]);
	const ci = { env: { COFFER_IDENTITY: secret } };
	const get = ["secrets", "get", "GREETING", "--reveal"];
	expect((await ana.data([...get, "-e", "preview"], ci)).value).toBe("trial-2");
	expect((await ana.coffer([...get, "--json"], ci)).error().code).toBe("NOT_A_MEMBER");
	expect((await ana.coffer(["environments", "create", "x", "--json"], ci)).error()).toMatchObject({
		code: "NOT_AN_OWNER",
		exit: 3,
	});
	expect((await ana.data(["environments", "list"])).environments).toMatchObject([
		{ name: "preview", secrets: 1, members: 3, app: "shop-preview" },
		{ name: "production", secrets: 1, members: 2, app: "shop" },
	]);

	expect((await ana.coffer(["environments", "delete", "preview", "--json"])).error().code).toBe(
		"NO_TERMINAL",
	);
	expect(await ana.data(["environments", "delete", "preview", "--yes"])).toMatchObject({
		app: "shop-preview",
	});
	expect(ana.vault).not.toContain("environment preview");
	expect(ana.read("coffer.json")).not.toContain("preview");
	expect(await ana.reveal("GREETING")).toBe("live");
	expect((await ana.data(["vault", "verify"])).findings).toEqual([]);
	await ana.ok(["secrets", "set", "GREETING=live-2"]);
	expect((await answers())[0]).toBe("live-2");
	expect((await ana.data(["environments", "list"])).environments).toHaveLength(1);
});

test("environments create and delete refuse wrong requests and write nothing", async () => {
	await using ana = await newProject();
	const first = ana.vault;
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["environments", "delete", "preview", "--confirm", "preview"]);
	const vault = ana.vault;
	for (const [args, code, exit] of [
		[["create", "production"], "ENVIRONMENT_EXISTS", 5],
		[["create", "No Name"], "ENVIRONMENT_NAME_INVALID", 2],
		[["delete", "staging", "--yes"], "ENVIRONMENT_NOT_FOUND", 4],
		[["delete", "production", "--yes"], "LAST_ENVIRONMENT", 2],
		[["delete", "production", "--confirm", "production"], "LAST_ENVIRONMENT", 2],
	] as const) {
		const refused = await ana.coffer(["environments", ...args, "--json"]);
		expect(refused.error()).toMatchObject({ code, exit });
		expect(ana.vault).toBe(vault);
	}
	await ana.ok(["secrets", "list"]);
	ana.vault = first;
	const older = await ana.coffer(["environments", "create", "staging", "--json"]);
	expect(older.error()).toMatchObject({ code: "MEMBERSHIP_OLDER", exit: 7 });
	expect(ana.vault).toBe(first);
});

test("the default environment is deleted only if its name confirms it, and can be created again", async () => {
	await using ana = await newProject();
	await ana.ok(["environments", "create", "preview"]);
	const before = ana.vault;
	const wrong = await ana.coffer(["environments", "delete", "production", "--confirm", "prod", "--json"]);
	expect(wrong.error()).toMatchObject({ code: "NOT_CONFIRMED", exit: 1 });
	expect(ana.vault).toBe(before);
	const typed = await onTerminal(
		ana,
		["environments", "delete", "production"],
		[{ question: "Type its name", answer: "production" }],
	);
	expect(typed.status).toBe(0);
	const gone = (await ana.coffer(["secrets", "list", "--json"])).error();
	expect(gone).toMatchObject({ code: "ENVIRONMENT_NOT_FOUND", exit: 4 });
	expect(gone.message).toContain("Environment 'production' was deleted from this vault.");
	expect(gone.hint).toContain("Existing environments: preview.");
	await ana.ok(["environments", "create", "production"]);
	await ana.ok(["secrets", "set", "A=anew"]);
});
