/** Syncs that the other side does not accept as a whole, through the commands. */
import { expect, test } from "vitest";
import Init from "../../../src/commands/init.ts";
import LinkCloudflare from "../../../src/commands/link/cloudflare.ts";
import LinkGitHub from "../../../src/commands/link/github.ts";
import LinkSupabase from "../../../src/commands/link/supabase.ts";
import SecretsDelete from "../../../src/commands/secrets/delete.ts";
import SecretsSet from "../../../src/commands/secrets/set.ts";
import Status from "../../../src/commands/status.ts";
import Sync from "../../../src/commands/sync.ts";
import { cryptoReady } from "../../../src/crypto.ts";
import { CloudflareServer } from "../../support/services/target-servers/cloudflare.ts";
import { GitHubServer } from "../../support/services/target-servers/github.ts";
import { json } from "../../support/services/target-servers/server.ts";
import { SupabaseServer } from "../../support/services/target-servers/supabase.ts";
import { CommandLine } from "./command-line.ts";

await cryptoReady;

async function lineWith(variable: string, token: string, ...pairs: string[]): Promise<CommandLine> {
	const line = new CommandLine({ [variable]: token });
	await line.run(Init);
	await line.run(SecretsSet, ...pairs);
	return line;
}

test("GitHub: after a sync that stopped in the middle, the next one sends only the rest", async () => {
	await using server = await new GitHubServer().start();
	using line = await lineWith("GITHUB_TOKEN", server.token, "A=1", "B=2", "C=3", "D=4");
	server.fault = ({ method, url }, _, response) => {
		if (method !== "PUT" || !url?.endsWith("/C")) return false;
		json(response, { status: 429, headers: { "retry-after": "60" }, value: { message: "Slow down" } });
		return true;
	};
	const argv = ["--repo", "acme/shop", "--url", server.origin];
	expect((await line.json(LinkGitHub, ...argv)).error).toMatchObject({ code: "GITHUB_BUSY", exit: 6 });
	expect(await line.json(Status)).toMatchObject({ pending: ["C", "D"], missing: [], foreign: [] });
	server.fault = () => false;
	server.take();
	expect(await line.json(Sync)).toMatchObject({ sent: ["C", "D"] });
	expect(server.take()).toEqual(["GET", "GET", "PUT C", "PUT D"]);
	await line.run(SecretsSet, "B=5");
	expect(server.take()).toEqual(["GET", "PUT B"]);
	await line.run(SecretsSet, "B=6", "--no-sync");
	const url = `${server.origin}/api/v3/repos/acme/shop/actions/secrets`;
	expect((await line.run(Sync, "--dry-run")).stdout.split("\n")).toEqual([
		`GET ${url}  (reads the names at GitHub)`,
		`GET ${url}/public-key  (reads the public key at GitHub)`,
		`PUT ${url}/B  B`,
		"Dry run: nothing was sent.",
		"",
	]);
	await line.run(Sync);
	expect(server.secrets.get("B")).toBe("6");
});

test("Cloudflare: a link is written, and nothing is sent, while a variable has the name of a secret", async () => {
	await using server = await new CloudflareServer().start();
	using line = await lineWith("CLOUDFLARE_API_TOKEN", server.token, "A=1", "MODE=live");
	server.bindings.set("MODE", "plain_text");
	const [account = "", worker = ""] = server.app.split("/");
	const argv = ["--account", account, "--worker", worker, "--url", server.origin];
	const { error } = await line.json(LinkCloudflare, ...argv);
	expect(error).toMatchObject({ code: "TARGET_REFUSES", exit: 2, names: ["MODE"] });
	expect(server.secrets.size).toBe(0);
	server.bindings.clear();
	server.take();
	expect(await line.json(Sync)).toMatchObject({ sent: ["A", "MODE"] });
	expect(server.take()).toEqual(["GET", "GET", "PATCH A MODE"]);
});

test("Supabase: a refused name prevents a link, and an edit that adds one is saved and pending", async () => {
	await using server = await new SupabaseServer().start();
	using line = await lineWith("SUPABASE_ACCESS_TOKEN", server.token, "A=1", "SUPABASE_URL=x");
	const argv = ["--project", server.app, "--url", server.origin];
	const refused = await line.json(LinkSupabase, ...argv);
	expect(refused.error).toMatchObject({ code: "TARGET_REFUSES", exit: 2, names: ["SUPABASE_URL"] });
	expect(await line.json(Status)).toMatchObject({ linked: false });
	expect(server.seen).toEqual([]);
	await line.run(SecretsDelete, "SUPABASE_URL");
	expect(await line.json(LinkSupabase, ...argv)).toMatchObject({ sent: ["A"], foreign: [] });
	server.take();
	const edited = await line.json(SecretsSet, "SUPABASE_KEY=1", "A=2");
	expect(edited.error.message).toMatch(
		/^Saved, but not synced: Supabase would not store .*SUPABASE_KEY begins/,
	);
	expect((await line.json(Sync, "--dry-run")).error).toMatchObject({ code: "TARGET_REFUSES" });
	expect(server.take()).toEqual([]);
	await line.run(SecretsDelete, "SUPABASE_KEY");
	expect(server.take()).toEqual(["POST A"]);
	const dry = await line.json(Sync, "--dry-run");
	expect(dry.calls).toEqual([
		{ method: "GET", url: `${server.origin}/v1/projects/${server.app}/secrets`, names: [] },
	]);
});
