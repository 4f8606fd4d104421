/** An environment is deleted and created again, and then linked with the app of the earlier one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { commandsIn, follow } from "../support/hints.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { APP, newProject, type Project } from "../support/project.ts";

let platform: PlatformAccess;
let project: Project;
/** The coffer.json from when the earlier environment was linked. */
let earlier: string;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	project.write("functions/tell.ts", 'Deno.serve(() => new Response(Deno.env.get("A") ?? "none"));\n');
	await project.ok(["secrets", "set", "A=of-the-earlier-one"]);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
	earlier = project.read("coffer.json");
	await project.git("init", "--quiet");
	await commit(project, "Start");
	await project.ok(["environments", "create", "other"]);
	await project.ok(["environments", "delete", "production", "--confirm", "production"]);
	await project.ok(["environments", "create", "production"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

test("link refuses the app of the replaced vault, writes nothing, and hints at a new app", async () => {
	await project.ok(["secrets", "set", "B=of-the-later-one"]);
	const [vault, config] = [project.vault, project.read("coffer.json")];
	const refused = await project.coffer(["link", platform.control, "--app", APP, "--json"]);
	expect(refused.error()).toMatchObject({ code: "ENVIRONMENT_RECREATED", exit: 5 });
	expect([project.vault, project.read("coffer.json")]).toEqual([vault, config]);
	expect(commandsIn(refused.error().hint)[0]).toBe(`coffer link ${platform.control} --app ${APP}-2`);
	await follow(project, refused.error().hint);
	await project.ok(["functions", "deploy"]);
	const later = await fetch(`${platform.listen}/${APP}-2/tell`);
	expect(await later.text()).toBe("none");
	expect((await platform.call("tell")).text).toBe("of-the-earlier-one");
	await project.ok(["secrets", "set", "A=of-the-later-one"]);
	expect(await (await fetch(`${platform.listen}/${APP}-2/tell`)).text()).toBe("of-the-later-one");
	await project.ok(["vault", "verify"]);
});

test("no data of one app reaches the other if coffer.json names the earlier app", async () => {
	const config = project.read("coffer.json");
	project.write("coffer.json", earlier);
	const vault = project.vault;
	const synced = await project.coffer(["sync", "--json"]);
	expect(synced.error()).toMatchObject({ code: "ENVIRONMENT_RECREATED", exit: 5 });
	expect(project.vault).toBe(vault);
	expect((await platform.call("tell")).text).toBe("of-the-earlier-one");
	project.write("coffer.json", config);
	await project.ok(["sync"]);
	await project.ok(["vault", "verify"]);
});
