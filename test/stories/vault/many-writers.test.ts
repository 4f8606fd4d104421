/** Many writers at the same time, and a small change beside many secrets. */
import { expect, test } from "vitest";
import { FaultyProxy } from "../support/network/proxy.ts";
import { link, sharedPlatform } from "../support/platform.ts";
import { newProject } from "../support/project.ts";

test("eight processes set different names at the same time, and all names are set and synced", async () => {
	await using platform = await sharedPlatform();
	await using project = await newProject();
	await link(project, platform);
	const names = Array.from({ length: 8 }, (_, index) => `NAME_${index}`);
	const results = await Promise.all(
		names.map((name) => project.start(["secrets", "set", `${name}=value of ${name}`, "--json"]).ended),
	);
	expect(results.map(({ status, stderr }) => [status, stderr])).toEqual(names.map(() => [0, ""]));
	await project.ok(["sync"]);
	const { secrets } = await project.data(["secrets", "list"]);
	expect(secrets).toEqual(
		names.map((name) => ({ name, masked: expect.any(String), version: 1, state: "synced" })),
	);
	for (const name of names.slice(0, 2)) expect(await project.reveal(name)).toBe(`value of ${name}`);
	const status = await project.data(["status"]);
	expect(status.pending).toEqual([]);
	expect(status.revision).toBe(status.platformRevision);
	// Each name is sent once, in whatever order the processes run: one change for the link, and at most one for
	// each name.
	expect(status.revision).toBeLessThanOrEqual(1 + names.length);
});

test("sync sends a change of 1 secret among 1,000 as one request of at most 2 KB", async () => {
	await using platform = await sharedPlatform();
	await using project = await newProject();
	await using proxy = await new FaultyProxy(platform.control).listen();
	const lines = Array.from({ length: 1_000 }, (_, index) => `NAME_${index}=value number ${index}`);
	project.write(".env", lines.join("\n"));
	await project.ok(["secrets", "set", "--env-file", ".env"]);
	await link(project, platform, proxy.url);
	expect((await project.data(["status"])).revision).toBeGreaterThan(0);
	proxy.reset();
	const edited = (await project.coffer(["secrets", "set", "NAME_500=another value", "--json"])).json();
	expect(edited).toMatchObject({ set: ["NAME_500"], pending: 0 });
	expect(proxy.counts).toMatchObject({ connections: 1, requests: 1 });
	expect(proxy.counts.sentBytes).toBeLessThanOrEqual(2_048);
	expect(proxy.counts.receivedBytes).toBeLessThanOrEqual(2_048);
	proxy.reset();
	await project.ok(["secrets", "set", "NAME_500=another value"]);
	expect(proxy.counts.sentBytes).toBeLessThanOrEqual(1_024);
});
