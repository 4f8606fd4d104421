/** `secrets rename`, with the real program and a platform. */
import { expect, test } from "vitest";
import { link, sharedPlatform } from "../support/platform.ts";
import { APP, newProject } from "../support/project.ts";

test("secrets rename changes both names in one revision, and says which function reads the old name", async () => {
	await using ana = await newProject();
	await using platform = await sharedPlatform();
	await ana.ok(["secrets", "set", "OLD=the value", "OTHER=o"]);
	ana.writeAll({
		"functions/reads-old.ts": `export default () => new Response(Deno.env.get("OLD") ?? "nothing");\n`,
		"functions/reads-new.ts": `export default () => new Response(Deno.env.get("NEW") ?? "nothing");\n`,
		"functions/computes.ts": `export default (r: Request) => new Response(Deno.env.get(r.url));\n`,
	});
	await link(ana, platform);
	await ana.ok(["functions", "deploy"]);
	const rename = ["secrets", "rename", "OLD", "NEW"];
	const vault = ana.vault;
	const planned = await ana.data([...rename, "--dry-run"]);
	expect(planned.changes).toEqual([
		{ name: "NEW", kind: "set", pending: false },
		{ name: "OLD", kind: "deleted", pending: false },
	]);
	expect(ana.vault).toBe(vault);

	const renamed = await ana.coffer([...rename, "--json"]);
	expect(renamed.json()).toMatchObject({
		from: "OLD",
		to: "NEW",
		version: 1,
		set: ["NEW"],
		deleted: ["OLD"],
		revision: 2,
		readers: [{ function: "reads-old", file: "functions/reads-old.ts", line: 1 }],
	});
	expect(renamed.json().warnings.join("\n")).toMatch(/compute names, so they may read OLD: computes/);
	const served = async (name: string) => await (await fetch(`${platform.listen}/${APP}/${name}`)).text();
	expect([await served("reads-new"), await served("reads-old")]).toEqual(["the value", "nothing"]);
	expect(renamed.stdout + renamed.stderr).not.toContain("the value");

	const taken = await ana.coffer(["secrets", "rename", "OTHER", "NEW", "--json"]);
	expect(taken.error()).toMatchObject({ code: "SECRET_EXISTS", exit: 5 });
	const words = await ana.coffer(["secrets", "mv", "OTHER", "OTHER_2", "--no-sync"]);
	expect([words.status, words.stdout]).toEqual([0, expect.stringContaining("Renamed OTHER to OTHER_2")]);
	expect(words.stdout).toContain("not synced yet");
});
