/** `secrets copy` copies secrets from one environment to another, with the real program. */
import { expect, test } from "vitest";
import { link, sharedPlatform } from "../support/platform.ts";
import { APP, newProject } from "../support/project.ts";

test("secrets copy works as secrets set does: it ignores unchanged values and syncs the others", async () => {
	await using ana = await newProject();
	await using platform = await sharedPlatform();
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", "A=a", "B=b", "C=c", "-e", "preview"]);
	await ana.ok(["secrets", "set", "A=other", "B=b"]);
	ana.write("functions/hello.ts", `export default () => new Response(Deno.env.get("A"));\n`);
	await link(ana, platform);
	await ana.ok(["functions", "deploy"]);
	const preview = ana.vault.slice(ana.vault.indexOf("environment preview"), ana.vault.indexOf("end preview"));

	const copy = ["secrets", "copy", "--from", "preview", "--to", "production"];
	const copied = await ana.data([...copy, "A", "B", "A"]);
	expect(copied).toMatchObject({ from: "preview", to: "production", set: ["A"], unchanged: ["B"] });
	expect(copied).toMatchObject({ revision: 2, redeployed: [{ function: "hello" }] });
	expect(await (await fetch(`${platform.listen}/${APP}/hello`)).text()).toBe("a");
	expect(ana.vault).toContain(preview);
	const vault = ana.vault;
	expect(await ana.data([...copy, "A"])).toMatchObject({ set: [], unchanged: ["A"] });
	expect(ana.vault).toBe(vault);
	expect(await ana.data([...copy, "--all", "--no-sync"])).toMatchObject({
		set: ["C"],
		unchanged: ["A", "B"],
		pending: 1,
	});
	expect(await ana.reveal("C")).toBe("c");
});

test("secrets copy refuses wrong requests and copies nothing", async () => {
	await using ana = await newProject();
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", "A=a", "GONE=g", "-e", "preview"]);
	await ana.ok(["secrets", "delete", "GONE", "-e", "preview"]);
	const vault = ana.vault;
	const from = (name: string, to: string, ...more: string[]) => [
		...["secrets", "copy", "--from", name, "--to", to],
		...more,
	];
	for (const [args, code, exit] of [
		[from("preview", "production", "A", "B", "GONE"), "SECRET_NOT_FOUND", 4],
		[from("preview", "staging", "A"), "ENVIRONMENT_NOT_FOUND", 4],
		[from("staging", "production", "A"), "ENVIRONMENT_NOT_FOUND", 4],
		[from("preview", "preview", "A"), "USAGE", 2],
		[from("preview", "production"), "USAGE", 2],
		[from("preview", "production", "A", "--all"), "USAGE", 2],
		[["secrets", "copy", "--from", "preview", "A"], "USAGE", 2],
		[from("No Name", "production", "A"), "ENVIRONMENT_NAME_INVALID", 2],
	] as const)
		expect((await ana.coffer([...args, "--json"])).error()).toMatchObject({ code, exit });
	expect(
		(await ana.coffer([...from("preview", "production", "B", "GONE"), "--json"])).error().message,
	).toMatch(/B, GONE in environment 'preview'/);
	expect(ana.vault).toBe(vault);

	const { publicKey, secret } = await ana.data(["identity", "new", "--ci"]);
	const ci = { env: { COFFER_IDENTITY: secret } };
	await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader", "-e", "preview"]);
	const copy = [...from("preview", "production", "A"), "--json"];
	expect((await ana.coffer(copy, ci)).error()).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
	await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
	expect((await ana.coffer(copy, ci)).error()).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });
	expect((await ana.data(["secrets", "list"])).secrets).toEqual([]);
});
