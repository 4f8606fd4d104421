/** An environment that is linked in the way of Base44, with a platform that implements Base44's API. */
import { expect, test } from "vitest";
import { Base44Project } from "../support/base44.ts";
import { sharedPlatform } from "../support/platform.ts";
import { newProject } from "../support/project.ts";

const APP = "both-ways";

test("functions that the Base44 CLI deploys get the secrets that the vault sends with Base44's API", async () => {
	await using platform = await sharedPlatform();
	await using theirs = new Base44Project({
		"base44/functions/show/entry.ts":
			'import { secrets } from "base44:runtime";\nexport default () => new Response(secrets.get("SHOWN") ?? "none");\n',
		"base44/.app.jsonc": `{ "id": "${APP}" }`,
	});
	const env = { COFFER_TOKEN: platform.token };
	const create = ["platform", "token", "create", "--base44", "--app", APP, "--url", platform.control];
	const { token, app } = await theirs.data(create, { env });
	expect(app).toBe(APP);
	theirs.use(platform, token);
	await theirs.base44Ok(["functions", "deploy"]);
	const ask = async () => await (await fetch(`${platform.listen}/${APP}/show`)).text();
	expect(await ask()).toBe("none");

	await using ours = await newProject({
		env: { BASE44_API_KEY: token, BASE44_API_URL: platform.control, BASE44_APP_ID: APP },
	});
	await ours.ok(["secrets", "set", "SHOWN=from the vault"]);
	expect(await ours.data(["link", "base44"])).toMatchObject({ url: platform.control, sent: ["SHOWN"] });
	expect(await ask()).toBe("from the vault");
	await ours.ok(["secrets", "set", "SHOWN=changed"]);
	expect(await ask()).toBe("changed");
	await ours.ok(["secrets", "delete", "SHOWN"]);
	expect(await ask()).toBe("none");

	await theirs.base44Ok(["secrets", "set", "BY_HAND=theirs"]);
	expect(await ours.data(["status"])).toMatchObject({ reachable: true, pending: [], foreign: ["BY_HAND"] });
	ours.write(".env.all", "BY_HAND=typed\n");
	expect(await ours.data(["import", "base44", "--env-file", ".env.all"])).toMatchObject({ set: ["BY_HAND"] });
	expect(await ours.reveal("BY_HAND")).toBe("typed");
});
