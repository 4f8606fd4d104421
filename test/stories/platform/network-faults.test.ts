/**
 * Connections that break: an acknowledged change stays, any other stays pending, and nothing is done twice.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cut, FaultyProxy } from "../support/network/proxy.ts";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let platform: Platform;
let project: Project;
let proxy: FaultyProxy;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	proxy = await new FaultyProxy(platform.control).listen();
	await link(project, platform, proxy.url);
	project.write("functions/one.ts", 'Deno.serve(() => new Response(Deno.env.get("ONE")));');
	await project.ok(["secrets", "set", "ONE=0"]);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await proxy?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

const revisionOf = async () => (await project.data(["status"])).platformRevision as number;

const CUTS: readonly { when: string; cut: Cut; arrives: boolean }[] = [
	{ when: "before the request is forwarded", cut: "before-request", arrives: false },
	{ when: "once the platform has the request", cut: "after-request", arrives: true },
	{ when: "in the head of the answer", cut: { answerBytes: 20 }, arrives: true },
	{ when: "before the first line is whole", cut: { answerBytes: 260 }, arrives: true },
];

test.each(CUTS)(
	"a change is saved, and neither lost nor sent twice, if the connection is cut $when",
	async ({ cut, arrives, when }) => {
		const before = await revisionOf();
		proxy.cut(cut);
		const edited = await project.coffer(["secrets", "set", `ONE=${when}`, "--json"]);
		expect(proxy.cutsLeft).toBe(0);
		expect(edited.status).toBe(0);
		expect(edited.json()).toMatchObject({ set: ["ONE"], revision: null, pending: 1 });
		expect(edited.json().warnings).toEqual([expect.stringMatching(/^Saved, but not synced: /)]);
		expect(await project.reveal("ONE")).toBe(when);
		expect(await revisionOf()).toBe(before + (arrives ? 1 : 0));

		const synced = await project.data(["sync"]);
		expect(synced).toMatchObject({ revision: before + 1, pending: [] });
		expect(await revisionOf()).toBe(before + 1);
		expect((await project.data(["sync"])).revision).toBe(before + 1);
		expect((await platform.call("one")).text).toBe(when);
	},
);

test("what the platform has counts as synced if the connection is cut after the acknowledgement", async () => {
	const before = await revisionOf();
	proxy.cut({ answerBytes: 600 });
	const edited = await project.coffer(["secrets", "set", "ONE=acknowledged", "--json"]);
	expect(proxy.cutsLeft).toBe(0);
	expect(edited.status).toBe(0);
	expect(await revisionOf()).toBe(before + 1);
	expect(await project.data(["sync"])).toMatchObject({ revision: before + 1, pending: [] });
	expect((await platform.call("one")).text).toBe("acknowledged");
});

test("no acknowledged change is lost if the platform is killed while it answers", async () => {
	const before = await revisionOf();
	proxy.cut("after-request");
	await project.ok(["secrets", "set", "ONE=killed"]);
	await platform.kill();
	await platform.start();
	expect(await project.data(["sync"])).toMatchObject({ revision: before + 1, pending: [] });
	expect((await platform.call("one")).text).toBe("killed");
});
