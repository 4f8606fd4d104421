/** Files that functions read when they run: which deployments they cause, what may read them, and how long they are kept. */
import { expect, test, vi } from "vitest";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import { statusesOf } from "../fixtures/client.ts";
import { platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

const READ = (path: string) =>
	`const text = () => Deno.readTextFile(new URL(${JSON.stringify(path)}, import.meta.url));
	export default async () => new Response(await text());`;

test("a changed file redeploys the functions that read it, without a build", async () => {
	const app = await TestApp.open("changed", { KEY: "v" });
	const files = {
		"functions/one/index.ts": READ("../shared/t.txt"),
		"functions/two/index.ts": SHOW("KEY"),
		"functions/shared/t.txt": "first",
	};
	await app.deployFiles(files);
	const two = await app.show("two");
	expect(await app.fetch("one")).toBe("first");
	expect(statusesOf(await app.deployFiles(files))).toEqual({ one: "unchanged", two: "unchanged" });
	const builds = vi.spyOn(platform.builder, "build");
	const changed = await app.deployFiles({ ...files, "functions/shared/t.txt": "second" });
	expect(statusesOf(changed)).toEqual({ one: "deployed", two: "unchanged" });
	expect(builds).toHaveBeenCalledTimes(0);
	builds.mockRestore();
	expect(await app.fetch("one")).toBe("second");
	expect((await app.show("two"))?.pid).toBe(two?.pid);
});

test("a function can read its own files, and can neither change them nor read others", async () => {
	const app = await TestApp.open("walls", { KEY: "v" });
	const probe = `const text = () => Deno.readTextFile(new URL("./t.txt", import.meta.url));
	const tried = async (work: () => unknown) => {
		try { return await work() ?? "done"; } catch (error) { return error.name; }
	};
	const own = new URL("./t.txt", import.meta.url);
	const folder = new URL(".", import.meta.url).pathname;
	Deno.serve(async () => Response.json([
		await text(),
		await tried(() => Deno.writeTextFile(own, "x")),
		await tried(() => Deno.remove(own)),
		await tried(() => Deno.mkdir(folder + "new")),
		await tried(() => Deno.symlink("/etc/hostname", folder + "link")),
		await tried(() => Deno.readTextFile([folder, "../../../other"].join(""))),
		await tried(() => Deno.readTextFile(folder + "index.ts")),
	]));`;
	await app.deployFiles({
		...{ "functions/one/index.ts": probe, "functions/one/t.txt": "own" },
		...{ "functions/two/index.ts": READ("./t.txt"), "functions/two/t.txt": "of two" },
	});
	const denied = ["NotCapable", "NotCapable", "NotCapable", "NotCapable", "NotCapable", "NotFound"];
	expect(JSON.parse(await app.fetch("one"))).toEqual(["own", ...denied]);
	expect(await app.fetch("two")).toBe("of two");
});

test.each<[string, Record<string, string>, string]>([
	[
		"is not in the upload",
		{ "functions/one/index.ts": READ("./t.txt") },
		'index.ts:1 reads a file, but there is no file "functions/one/t.txt"',
	],
	[
		"is out of the upload",
		{ "functions/one/index.ts": READ("../../../t.txt") },
		"index.ts:1 reads a file that is outside of the project",
	],
	[
		"no glob matches",
		{
			"functions/one/index.ts": SHOW("KEY"),
			"functions/one/function.jsonc": '{ "static_files": ["*.txt"] }',
		},
		'function.jsonc:1: "static_files" names "*.txt", but no file matches',
	],
])("the platform refuses a function whose file %s", async (_, files, message) => {
	const app = await TestApp.open(`refused-${Object.keys(files).length}-${message.length}`, { KEY: "v" });
	const [event] = await app.deployFiles(files);
	expect(event).toMatchObject({ result: { status: "failed", error: expect.stringContaining(message) } });
});

test("the text of a file is no reference to a secret", async () => {
	const app = await TestApp.open("texts", { KEY: "v" });
	const files = { "functions/one/index.ts": READ("./t.ts"), "functions/one/t.ts": 'Deno.env.get("KEY")' };
	await app.deployFiles(files);
	expect(await app.fetch("one")).toBe('Deno.env.get("KEY")');
	expect((await app.show("one"))?.references).toEqual([]);
});

test("files are kept as long as a function has them", async () => {
	const app = await TestApp.open("kept", { KEY: "v" });
	const files = { "functions/one/index.ts": READ("./t.txt"), "functions/one/t.txt": "kept text" };
	await app.deployFiles(files);
	const { lifetimeId } = platform.core.apps.get(app.id);
	const isKept = async () =>
		(await platform.core.store.getBlob(lifetimeId, blobHash(Buffer.from("kept text")))) !== undefined;
	expect(await isKept()).toBe(true);
	await app.functions.delete(["one"]);
	expect(await isKept()).toBe(false);
});
