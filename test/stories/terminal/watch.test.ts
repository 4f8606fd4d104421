/**
 * `coffer watch` syncs and deploys changes, prints a line for each, and continues after outages of the
 * platform.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Base44Server } from "../../support/services/base44-server.ts";
import { link, type Platform, sharedPlatform, startPlatform } from "../support/platform.ts";
import type { Running } from "../support/process.ts";
import { newProject, type Project } from "../support/project.ts";

const HELLO = 'Deno.serve(() => new Response("1 " + Deno.env.get("GREETING")));\n';

/** A function reads a file, which did not exist before, in a new folder. Then the file changes. */
async function expectFilesWatched(project: Project, platform: Platform, watch: Running): Promise<void> {
	project.writeAll({
		"functions/greet/index.ts":
			'const text = await Deno.readTextFile(new URL("./pages/hi.txt", import.meta.url));\nexport default () => new Response(text);\n',
		"functions/greet/pages/hi.txt": "hi 1",
	});
	await watch.stdout.next(/^\S+ ✓ greet {2}deployed/);
	expect((await platform.call("greet")).text).toBe("hi 1");
	project.write("functions/greet/pages/hi.txt", "hi 2");
	await watch.stdout.next(/^\S+ ✓ greet {2}deployed/);
	expect((await platform.call("greet")).text).toBe("hi 2");
}

test("watch syncs secrets and deploys functions as files change", async () => {
	await using platform = await startPlatform();
	await using project = await newProject();
	await link(project, platform);
	project.write("functions/hello/index.ts", HELLO);
	const watch = project.start(["watch"]);
	expect(await watch.stdout.next(/^\d\d:\d\d:\d\d Watching /)).toContain(platform.control);
	// Neither has a terminal that could be closed.
	watch.signal("SIGHUP");
	process.kill(platform.pid, "SIGHUP");
	await watch.stdout.next(/^\S+ ✓ hello {2}deployed/);
	expect((await platform.call("hello")).text).toBe("1 undefined");

	// Another process changes the vault.
	await project.ok(["secrets", "set", "GREETING=moon", "--no-sync"]);
	await watch.stdout.next(
		/^\S+ ✓ hello redeployed in \d+ ms \(reads GREETING, functions\/hello\/index\.ts:1\)/,
	);
	await watch.stdout.next(/^\S+ ✓ synced: revision 2, sent GREETING/);
	expect((await platform.call("hello")).text).toBe("1 moon");

	// A function changes, and a function that does not build is added.
	project.write("functions/hello/index.ts", HELLO.replace("1 ", "2 "));
	await watch.stdout.next(/^\S+ ✓ hello {2}deployed/);
	expect((await platform.call("hello")).text).toBe("2 moon");
	project.write("functions/broken.ts", 'throw new Error("not today");\n');
	await watch.stdout.next(/^\S+ ✗ broken {2}failed/);
	await watch.stdout.next(/^ {4}.*not today/);
	project.write("functions/broken.ts", "export default () => new Response('mended');\n");
	await watch.stdout.next(/^\S+ ✓ broken {2}deployed/);

	await expectFilesWatched(project, platform, watch);

	expect(platform.log).toContain("SIGHUP has no effect");

	// The platform stops, something changes, and the platform starts again.
	await platform.kill();
	await project.ok(["secrets", "set", "GREETING=mars", "--no-sync"]);
	await watch.stdout.next(/^\S+ • .*Trying again\./);
	await platform.start();
	await watch.stdout.next(/^\S+ ✓ synced: revision 3, sent GREETING/);
	await watch.stdout.next(/^\S+ ✓ Syncing works again\.$/);
	expect((await platform.call("hello")).text).toBe("2 mars");

	watch.signal("SIGINT");
	const ended = await watch.ended;
	expect([ended.status, ended.signal]).toEqual([0, null]);
	expect(/^\d\d:\d\d:\d\d Stopped\.\n$/m.test(ended.stdout)).toBe(true);
	expect(ended.stdout + ended.stderr).not.toMatch(/mars|moon/);
});

test("watch applies the deletion of a secret and of a function's files", async () => {
	await using platform = await sharedPlatform();
	await using project = await newProject();
	await link(project, platform);
	for (const name of ["hello", "broken"]) project.write(`functions/${name}.ts`, HELLO);
	const watch = project.start(["watch"]);
	await watch.stdout.next(/^\S+ ✓ \w+ {2}deployed/);
	await watch.stdout.next(/^\S+ ✓ \w+ {2}deployed/);
	// A secret and the files of a function are deleted.
	await project.ok(["secrets", "set", "OTHER=1", "--no-sync"]);
	await watch.stdout.next(/^\S+ ✓ synced: revision 2, sent OTHER$/);
	await project.ok(["secrets", "delete", "OTHER", "--no-sync"]);
	await watch.stdout.next(/^\S+ ✓ synced: revision 3, deleted OTHER$/);
	rmSync(join(project.root, "functions/broken.ts"));
	await watch.stdout.next(/^\S+ \S broken {2}missing in the project; will be deleted from the platform/);
	await watch.stdout.next(
		/^\S+ ✓ broken {2}deleted from the platform, because the project no longer has it$/,
	);
	expect((await platform.call("broken")).status).toBe(404);
	expect((await platform.call("hello")).status).toBe(200);
	watch.signal("SIGINT");
	expect((await watch.ended).status).toBe(0);
});

test("watch --json prints each event as a document, and SIGTERM ends it while the platform is unreachable", async () => {
	await using platform = await startPlatform();
	await using project = await newProject();
	await link(project, platform);
	await platform.stop();
	const watch = project.start(["watch", "--json"]);
	const first = JSON.parse(await watch.stdout.next(/^\{/)) as object;
	expect(first).toMatchObject({ event: "watching", environment: "production", platform: platform.control });
	const second = JSON.parse(await watch.stdout.next(/^\{/)) as object;
	expect(second).toMatchObject({ event: "out-of-reach" });
	watch.signal("SIGTERM");
	const { status, stdout, stderr } = await watch.ended;
	expect([status, stderr]).toEqual([0, ""]);
	expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
		time: expect.any(String),
		event: "stopped",
	});
});

test("watch with a link to Base44 sends changes of the vault, also after an outage, and deploys no function", async () => {
	await using base44 = await new Base44Server().start();
	await using project = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await project.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	project.write("functions/hello/index.ts", HELLO);
	const watch = project.start(["watch"]);
	expect(await watch.stdout.next(/^\d\d:\d\d:\d\d Watching /)).toContain(base44.origin);
	await project.ok(["secrets", "set", "GREETING=moon", "--no-sync"]);
	await watch.stdout.next(/^\S+ ✓ Base44 app '\S+': sent GREETING$/);
	expect(base44.secrets.get("GREETING")).toBe("moon");
	const before = project.vault;
	await base44.stop();
	await project.ok(["secrets", "set", "GREETING=mars", "--no-sync"]);
	await watch.stdout.next(/^\S+ • Base44 .*cannot be reached.*Trying again\./);
	await base44.start();
	await watch.stdout.next(/^\S+ ✓ Base44 app '\S+': sent GREETING$/);
	expect(base44.secrets.get("GREETING")).toBe("mars");
	project.vault = before;
	await watch.stdout.next(
		/^\S+ ✗ The vault has older versions than those that were sent to Base44.*GREETING/,
	);
	await project.ok(["unlink"]);
	await project.ok(["secrets", "set", "GREETING=pluto"]);
	await watch.stdout.next(/^\S+ ✗ Environment 'production' is not linked/);
	watch.signal("SIGINT");
	const ended = await watch.ended;
	expect(ended.status).toBe(0);
	expect(ended.stdout + ended.stderr).not.toMatch(/mars|moon|pluto|hello|deployed/);
	expect(base44.secrets.get("GREETING")).toBe("mars");
});

test.each([
	["watch", "run `coffer sync` and `coffer functions deploy` by hand"],
	["dev", "use --no-watch"],
])("%s names what to do if the system watches no more folders", async (command, alternative) => {
	await using base44 = await new Base44Server().start();
	await using project = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await project.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	project.write("functions/hello/index.ts", HELLO);
	// The limit holds in a user namespace of the command's own.
	const limit = 'echo 2 > /proc/sys/user/max_inotify_watches; exec "$@"';
	const under = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"];
	const refused = await project.start([command, "--json"], { under }).ended;
	const { code, hint } = refused.error();
	expect([refused.status, code]).toEqual([1, "WATCH_LIMIT"]);
	expect(hint).toContain(alternative);
});
