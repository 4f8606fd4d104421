import { expect, test, vi } from "vitest";
import { statusesOf } from "../fixtures/client.ts";
import { client, platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

const deploy = (app: TestApp, settings: Record<string, string>) =>
	client.deploy(app.id, {
		"functions/one/index.ts": SHOW("KEY"),
		"functions/two/index.ts": SHOW("KEY"),
		...Object.fromEntries(
			Object.entries(settings).map(([name, text]) => [`functions/${name}/function.jsonc`, text]),
		),
	});

test("changed settings redeploy only their function, without a build", async () => {
	const app = await TestApp.open("settings", { KEY: "v" });
	await deploy(app, { one: "{}" });
	const [one, two] = [await app.show("one"), await app.show("two")];
	const builds = vi.spyOn(platform.builder, "build");
	const events = await deploy(app, { one: '{"memoryMB": 256}' });
	expect(statusesOf(events)).toEqual({ one: "deployed", two: "unchanged" });
	expect((await app.show("one"))?.pid).not.toBe(one?.pid);
	expect((await app.show("one"))?.references).toEqual(one?.references);
	expect((await app.show("two"))?.pid).toBe(two?.pid);
	const commented = await deploy(app, { one: '// Enough.\n{"memoryMB": 256}' });
	expect(statusesOf(commented)).toEqual({ one: "unchanged", two: "unchanged" });
	const afterwards = await deploy(app, {});
	expect(statusesOf(afterwards)).toEqual({ one: "deployed", two: "unchanged" });
	expect(builds).toHaveBeenCalledTimes(0);
	builds.mockRestore();
});

test.each([
	['{\n"memoryMB": 4096}', 'functions/one/function.jsonc:2: "memoryMB" is 4096; this platform allows 2048.'],
	['{\n\n"timeoutSeconds": 901}', "function.jsonc:3: "],
	['{"maxBodyMB": 1025}', "function.jsonc:1: "],
	['{"entry": "other.ts"}', '"entry" is not the entry that was deployed'],
	["{", "is not valid JSONC"],
])("the platform refuses %j for its function alone", async (text, message) => {
	const app = await TestApp.open(`refused-${message.length}-${text.length}`, { KEY: "v" });
	const events = await deploy(app, { one: text });
	expect(statusesOf(events)).toEqual({ one: "failed", two: "deployed" });
	const [failed] = events.flatMap((event) =>
		event.type === "function" && event.result.name === "one" ? [event.result.error] : [],
	);
	expect(failed).toContain(message);
});
