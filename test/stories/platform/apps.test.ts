/** An administrator of a platform lists its apps, and deletes an app with all of its data. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../../platform/gateway/fixtures/harness.ts";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

let project: Project;
let platform: Platform;
beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	project.write("functions/hello.ts", "console.log('hello');\nexport default () => new Response('hello');\n");
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project[Symbol.asyncDispose]();
	await platform[Symbol.asyncDispose]();
});

// Each test of this file continues where the one before it ended.
test("apps list shows each app with its environment, and refuses a token that is valid for one app only", async () => {
	const { apps } = await project.data(["apps", "list"]);
	expect(apps).toEqual([
		{
			app: "shop",
			environment: "production",
			vault: expect.stringMatching(/^[\w-]{43}$/),
			revision: expect.any(Number),
		},
	]);
	const { stdout } = await project.ok(["apps", "list", "--url", platform.control]);
	expect(stdout).toMatch(/^APP +ENVIRONMENT +REVISION\nshop +production +\d+\n$/);
	const { token } = await project.data(["platform", "token", "create", "--scope", "admin", "--app", "shop"]);
	const refused = await project.coffer(["apps", "list", "--json"], { env: { COFFER_TOKEN: token } });
	expect(refused.error()).toMatchObject({
		code: "TOKEN_SCOPE",
		message: "The access token is valid for the app 'shop' only. This request needs one for every app.",
		exit: 3,
	});
});

test("apps hosts gives an app a host, lists it and removes it", async () => {
	const under = async (path: string) => {
		const { hostname, port } = new URL(platform.listen);
		return await call({ host: hostname, port, path, headers: { host: "shop.example.com" } });
	};
	expect((await project.ok(["apps", "hosts", "list"])).stdout).toContain("coffer apps hosts add APP HOST");
	const added = await project.ok(["apps", "hosts", "add", "shop", "Shop.Example.com:443"]);
	expect(added.stdout).toContain("Host shop.example.com reaches app 'shop'");
	const repeated = await project.data(["apps", "hosts", "add", "shop", "shop.example.com", "--no-wait"]);
	expect(repeated).toEqual({ host: "shop.example.com", app: "shop" });
	expect((await under("/hello")).body).toBe("hello");
	const hosts = [{ host: "shop.example.com", app: "shop" }];
	expect(await project.data(["apps", "hosts", "list"])).toEqual({ hosts });
	const invalid = await project.coffer([
		"apps",
		"hosts",
		"add",
		"shop",
		"https://shop.example.com",
		"--json",
	]);
	expect(invalid.error()).toMatchObject({ code: "HOST_INVALID", exit: 2 });
	const removed = await project.ok(["apps", "hosts", "rm", "shop.example.com"]);
	expect(removed.stdout).toContain("does not belong to app 'shop' any more");
	expect((await under("/hello")).status).toBe(404);
	const again = await project.coffer(["apps", "hosts", "remove", "shop.example.com", "--json"]);
	expect(again.error()).toMatchObject({ code: "HOST_NOT_FOUND", exit: 4 });
});

test("apps delete changes nothing without a confirmation, or if the app does not exist", async () => {
	const unasked = await project.coffer(["apps", "delete", "shop", "--json"]);
	expect(unasked.error()).toMatchObject({
		code: "NO_TERMINAL",
		exit: 2,
		hint: "Pass --confirm shop.",
	});
	const absent = await project.coffer(["apps", "delete", "shap", "--yes", "--json"]);
	expect(absent.error()).toMatchObject({
		code: "APP_NOT_FOUND",
		exit: 4,
		hint: expect.stringContaining("coffer apps list"),
	});
	const other = await project.coffer(["apps", "delete", "shop", "--confirm", "shap", "--json"]);
	expect(other.error()).toMatchObject({ code: "NOT_CONFIRMED", exit: 1 });
	const wrong = await onTerminal(project, ["apps", "delete", "shop"], [{ question: "Type", answer: "shap" }]);
	expect(wrong.status).toBe(1);
	expect(wrong.shown).toContain("Nothing was deleted, because the given name is not");
	expect((await platform.call("hello")).text).toBe("hello");
});

test("apps delete lists what it removes, asks for the app's name, and removes all data of the app", async () => {
	const { tokens } = await project.data(["platform", "token", "list"]);
	const bound = tokens.find(({ app }: { app: string | null }) => app === "shop");
	const { status, shown } = await onTerminal(
		project,
		["apps", "delete", "shop"],
		[{ question: "Type the app's name (shop)", answer: "shop" }],
	);
	expect(status).toBe(0);
	expect(shown).toContain("1 function: hello");
	expect(shown).toContain("the app's host names");
	expect(shown).toContain(`1 access token for this app only: ${bound.id}`);
	expect(shown).toContain("Deleted app 'shop' with 1 function and 1 access token");
	expect(shown).toContain("coffer unlink");
	expect((await platform.call("hello")).status).toBe(404);
	expect(await project.data(["apps", "list"])).toEqual({ apps: [] });
	expect((await project.data(["platform", "token", "list"])).tokens).toHaveLength(1);
	expect(readdirSync(join(platform.data, "logs"))).toEqual([]);
});

test("after the deletion, each command names the app and a link that works, and none creates an app that is refused", async () => {
	const other = `coffer link ${platform.control} --app shop-2`;
	const missing = {
		code: "APP_NOT_FOUND",
		exit: 4,
		message: expect.stringContaining("'shop'"),
		hint: expect.stringContaining(other),
	};
	// A new app of this name has another log, which this working copy refuses.
	for (const words of [["sync"], ["functions", "list"], ["link", platform.control, "--app", "shop"]])
		expect((await project.coffer([...words, "--json"])).error()).toMatchObject(missing);
	expect((await project.data(["apps", "list", "--url", platform.control])).apps).toEqual([]);
	expect((await project.ok(["status"])).stdout).toMatch(/app 'shop': no such app there\n/);
	const { checks } = JSON.parse((await project.coffer(["doctor", "--json"])).stdout);
	const said = { check: "platform", state: "failure", text: expect.stringContaining("no app 'shop'") };
	expect(checks).toContainEqual(expect.objectContaining({ ...said, remedy: other }));
	await project.ok(other.split(" ").slice(1));
	await project.ok(["sync"]);
	await project.ok(["apps", "delete", "shop-2", "--yes"]);
	// The other command that the deletion names works although the app no longer exists.
	await project.ok(["unlink"]);
});

test("apps list without a link names, in its hint, the flag for the platform's address", async () => {
	await using other = await newProject();
	const { error } = await other
		.coffer(["apps", "list", "--json"])
		.then((result) => ({ error: result.error() }));
	expect(error).toMatchObject({ code: "NOT_LINKED", exit: 2, hint: expect.stringContaining("--url URL") });
	other.variables["COFFER_TOKEN"] = platform.token;
	expect((await other.data(["apps", "list", "--url", platform.control])).apps).toEqual(expect.any(Array));
});
