/** Supabase, Cloudflare Workers and GitHub Actions with the real program, and the tokens in a real keychain. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import { filesBelow } from "../../support/files-below.ts";
import { type SecretService, withSecretService } from "../../support/services/secret-service.ts";
import { CloudflareServer } from "../../support/services/target-servers/cloudflare.ts";
import { GitHubServer } from "../../support/services/target-servers/github.ts";
import { SupabaseServer } from "../../support/services/target-servers/supabase.ts";
import { Project } from "../support/project.ts";

const VALUE = "kept-in-the-vault-4419";
let service: SecretService;
beforeAll(async () => {
	await cryptoReady;
	service = await withSecretService();
});
afterAll(() => service?.close());

const KINDS = [
	["supabase", () => new SupabaseServer(), (app: string) => ["--project", app]],
	[
		"cloudflare",
		() => new CloudflareServer(),
		(app: string) => ["--account", app.slice(0, 32), "--worker", app.slice(33)],
	],
	[
		"github",
		() => new GitHubServer("acme/shop:production"),
		() => ["--repo", "acme/shop", "--github-environment", "production"],
	],
] as const;

test.each(KINDS)(
	"%s: the token comes from standard input and stays in the keychain; only changed names are sent",
	async (kind, newServer, flags) => {
		await using server = await newServer().start();
		await using project = new Project({ identity: "none", env: service.env });
		await project.ok(["init"]);
		await project.ok(["secrets", "set", `API_KEY=${VALUE}`, "MODE=test"]);
		const argv = ["link", kind, ...flags(server.app), "--url", server.origin, "--token-stdin", "--json"];
		const wrong = await project.coffer(argv, { input: "sbp_wrong-canary-91" });
		expect(wrong.error()).toMatchObject({ code: `${kind.toUpperCase()}_TOKEN_REFUSED`, exit: 3 });
		expect(wrong.stderr).not.toContain("canary-91");
		const linked = await project.coffer(argv, { input: `${server.token}\n` });
		expect(linked.json()).toMatchObject({ target: kind, app: server.app, sent: ["API_KEY", "MODE"] });
		expect(server.secrets.get("API_KEY")).toBe(VALUE);
		const found = filesBelow(project.machine).filter(
			({ bytes }) => bytes.includes(VALUE) || bytes.includes(server.token),
		);
		expect(found.map(({ path }) => path)).toEqual([]);
		server.take();
		await project.ok(["secrets", "set", "MODE=live"]);
		expect(server.take().filter((request) => request !== "GET")).toEqual([
			expect.stringMatching(/^(POST|PATCH|PUT) MODE$/),
		]);
		expect(await project.data(["status"])).toMatchObject({ target: kind, reachable: true, pending: [] });
		expect(await project.data(["unlink", "--forget-token"])).toMatchObject({ tokenForgotten: true });
		const again = await project.coffer(argv, { input: "two words" });
		expect(again.error()).toMatchObject({ code: `${kind.toUpperCase()}_TOKEN_MALFORMED`, exit: 2 });
	},
);

test("watch sends changes of the vault to GitHub, also after an outage", async () => {
	await using server = await new GitHubServer().start();
	await using project = new Project({ env: { GITHUB_TOKEN: server.token } });
	await project.ok(["init"]);
	await project.ok(["link", "github", "--repo", "acme/shop", "--url", server.origin]);
	const watch = project.start(["watch"]);
	await watch.stdout.next(/^\d\d:\d\d:\d\d Watching /);
	await project.ok(["secrets", "set", "GREETING=moon", "--no-sync"]);
	await watch.stdout.next(/^\S+ ✓ GitHub repository 'acme\/shop': sent GREETING$/);
	await server.stop();
	await project.ok(["secrets", "set", "GREETING=mars", "--no-sync"]);
	await watch.stdout.next(/^\S+ • GitHub .*cannot be reached.*Trying again\./);
	await server.start();
	await watch.stdout.next(/^\S+ ✓ GitHub repository 'acme\/shop': sent GREETING$/);
	expect(server.secrets.get("GREETING")).toBe("mars");
	watch.signal("SIGINT");
	expect((await watch.ended).status).toBe(0);
});
