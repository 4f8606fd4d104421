/**
 * An environment is unlinked from its platform and linked again. A value that git brings back under an old key
 * is sealed again.
 */
import { describe, expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { link, pidsOf, sharedPlatform, startPlatform } from "../support/platform.ts";
import { newProject } from "../support/project.ts";

describe("unlink", () => {
	test("removes a platform, reachable or not, and its values need rotation; after a new link only changes redeploy", async () => {
		await using ana = await newProject();
		await using platform = await startPlatform();
		await ana.ok(["secrets", "set", "GREETING=hello-1", "OTHER=o"]);
		ana.write("functions/hello.ts", `export default () => new Response(Deno.env.get("GREETING"));\n`);
		ana.write("functions/other.ts", `export default () => new Response(Deno.env.get("OTHER"));\n`);
		await link(ana, platform);
		await ana.ok(["functions", "deploy"]);
		const pids = await pidsOf(ana);

		const { stdout } = await ana.ok(["unlink"]);
		expect(stdout).toMatch(/Unlinked environment 'production' from app 'shop'/);
		expect(stdout).toMatch(/2 records re-encrypted, epoch 2/);
		expect(stdout).toMatch(/To replace: 2 values that platform-.* could read/);
		expect(JSON.parse(ana.read("coffer.json"))).toEqual({ links: {} });
		expect((await ana.data(["members", "list"])).members).toHaveLength(1);
		expect(await ana.data(["secrets", "set", "GREETING=hello-2"])).toMatchObject({ revision: null });
		expect((await platform.call("hello")).text).toBe("hello-1");
		const again = await ana.coffer(["unlink", "--json"]);
		expect(again.error()).toMatchObject({
			code: "NOT_LINKED",
			exit: 2,
			hint: expect.stringMatching(/^There is nothing to unlink/),
		});

		await link(ana, platform);
		expect((await platform.call("hello")).text).toBe("hello-2");
		const after = await pidsOf(ana);
		expect(after["other"]).toBe(pids["other"]);
		expect(after["hello"]).not.toBe(pids["hello"]);

		await platform.kill();
		const away = await ana.data(["unlink"]);
		expect(away).toMatchObject({ app: "shop", epoch: 3, tokenForgotten: false });
		expect(away.warnings.join()).toMatch(/Unlinked without a last sync: .* cannot be reached/);
		await platform.start();
		await link(ana, platform);
		expect((await platform.call("hello")).text).toBe("hello-2");
	});

	test("removes a link whose address no platform can have", async () => {
		await using ana = await newProject();
		await using platform = await sharedPlatform();
		await ana.ok(["secrets", "set", "A=first"]);
		await link(ana, platform);
		const config = JSON.parse(ana.read("coffer.json"));
		for (const [epoch, url] of [
			[2, "http://coffer.example.com"],
			[null, "ftp://coffer.example.com"],
		] as const) {
			config.links.production.url = url;
			ana.write("coffer.json", JSON.stringify(config));
			const unlinked = await ana.data(["unlink", "--forget-token"]);
			expect(unlinked).toMatchObject({ url, epoch, tokenForgotten: false });
			const warned = epoch === null ? undefined : [expect.stringMatching(/without a last sync: Plain http/)];
			expect(unlinked.warnings).toEqual(warned);
			expect(JSON.parse(ana.read("coffer.json"))).toEqual({ links: {} });
		}
	});

	test("is refused during a conflict unless the platform's values may be lost, and is refused to a reader", async () => {
		await using ana = await newProject();
		await using platform = await sharedPlatform();
		const { publicKey, secret } = await ana.data(["identity", "new", "--ci"]);
		await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
		await ana.ok(["secrets", "set", "A=first"]);
		await link(ana, platform);
		const [vault, config] = [ana.vault, ana.read("coffer.json")];
		const ci = await ana.coffer(["unlink", "--no-sync", "--json"], { env: { COFFER_IDENTITY: secret } });
		expect(ci.error()).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });
		await ana.ok(["secrets", "set", "A=second"]);
		ana.vault = vault;
		const refused = await ana.coffer(["unlink", "--json"]);
		expect(refused.error()).toMatchObject({ code: "SYNC_ROLLED_BACK", exit: 5 });
		expect([ana.vault, ana.read("coffer.json")]).toEqual([vault, config]);
		expect(await ana.data(["unlink", "--no-sync"])).toMatchObject({ epoch: 2 });
	});
});

test("status reports the earlier platform as a reader after a link with another one, and it can be removed", async () => {
	await using ana = await newProject();
	await using first = await sharedPlatform();
	await using second = await startPlatform();
	await ana.ok(["secrets", "set", "A=1"]);
	await link(ana, first);
	ana.variables["COFFER_TOKEN"] = second.token;
	const { warnings } = await ana.data(["link", second.control, "--app", "shop"]);
	const name = /coffer members remove (platform-\S+)$/.exec(warnings.join())?.[1] ?? "";
	expect(await ana.data(["members", "remove", name])).toMatchObject({ removed: [name], pending: 0 });
	expect((await ana.data(["members", "list"])).members).toHaveLength(2);
});

test("status reports a value with an old key that a branch from before a removal brings, and vault reseal repairs it", async () => {
	await using ana = await newProject();
	await ana.ok(["secrets", "set", "A=1", "B=1"]);
	const { publicKey } = await ana.data(["identity", "new", "--ci"]);
	await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
	await ana.git("init", "--quiet");
	await ana.ok(["git", "setup"]);
	await commit(ana, "Start");
	await ana.git("checkout", "--quiet", "-b", "feature");
	await ana.ok(["secrets", "set", "NEW=on-the-branch"]);
	await commit(ana, "New");
	await ana.git("checkout", "--quiet", "main");
	await ana.ok(["members", "remove", "ci"]);
	await commit(ana, "Remove ci");
	await ana.git("merge", "--quiet", "feature");

	expect(await ana.data(["status"])).toMatchObject({ stale: ["NEW"] });
	expect((await ana.ok(["status"])).stdout).toMatch(
		/Encrypted under an earlier key: NEW \(to re-encrypt: coffer vault reseal\)/,
	);
	const vault = ana.vault;
	const unasked = await ana.coffer(["vault", "reseal", "--json"]);
	expect(unasked.error()).toMatchObject({ code: "NO_TERMINAL", exit: 2 });
	const other = await ana.coffer(["vault", "reseal", "A", "--yes", "--json"]);
	expect(other.error()).toMatchObject({ code: "NOT_STALE", exit: 4 });
	expect(ana.vault).toBe(vault);
	const { debt, resealed } = await ana.data(["vault", "reseal", "--yes"]);
	expect(resealed).toEqual(["NEW"]);
	expect(debt).toEqual([{ member: "ci", epoch: 2, names: ["A", "B", "NEW"] }]);
	expect(ana.vault).toMatch(/^NEW\nv1 live 2\.\S+ 1 /m);
	expect(await ana.data(["status"])).toMatchObject({ stale: [] });
	expect(await ana.reveal("NEW")).toBe("on-the-branch");
	expect((await ana.ok(["vault", "reseal"])).stdout).toMatch(
		/^Every record of production is already encrypted under the current key\.\n/,
	);
	expect((await ana.data(["vault", "verify"])).findings).toEqual([]);
});
