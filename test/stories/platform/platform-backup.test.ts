/** A running platform is backed up, lost, and restored on another machine. */
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { formsOf } from "../../support/values/forms.ts";
import { follow } from "../support/hints.ts";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

const CANARY = "cAnary+backup/1 é&xyzzy-backup-0001";
const FUNCTIONS = {
	"functions/one/index.ts":
		'console.log("one is up"); Deno.serve(() => new Response("one " + Deno.env.get("ONE")));',
	"functions/two/index.ts": 'export default () => new Response("two " + Deno.env.get("TWO")?.length);',
	// Reads a file beside its code and a file of a package, and counts its calls in the app's Deno KV store.
	"functions/visits/index.ts": `import { greeting } from "greetings";
const kv = await Deno.openKv();
const page = await Deno.readTextFile(new URL("./page.txt", import.meta.url));
export default async () => {
	await kv.atomic().sum(["visits"], 1n).commit();
	return new Response(greeting() + page + (await kv.get(["visits"])).value);
};
`,
	"functions/visits/page.txt": ", visit ",
	"package.json": '{ "workspaces": ["packages/*"], "dependencies": { "greetings": "*" } }',
	"packages/greetings/package.json": '{ "name": "greetings", "version": "1.0.0", "main": "index.js" }',
	"packages/greetings/index.js":
		'const { readFileSync } = require("node:fs");\nexports.greeting = () => readFileSync(require("node:path").join(__dirname, "hello.txt"), "utf8");\n',
	"packages/greetings/hello.txt": "hello",
};

let project: Project;
let platform: Platform;
let backup: string;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	backup = join(platform.folder, "backup");
	project.writeAll(FUNCTIONS);
	await project.ok(["secrets", "set", "ONE=1"]);
	await project.ok(["secrets", "set", "TWO", "--stdin"], { input: CANARY });
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
	expect((await platform.call("two")).text).toBe(`two ${CANARY.length}`);
	expect((await platform.call("visits")).text).toBe("hello, visit 1");
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

/** The platform's own commands need no project. */
const backUp = (to: string) => ["platform", "backup", to, "--data", platform.data];

// Each test of this file continues where the one before it ended.
describe("a backup", () => {
	test("is made while secrets change and functions are deployed, and reports its content", async () => {
		const backups = [backup, `${backup}-2`, `${backup}-3`];
		const made = Promise.all(backups.map((to) => project.data(backUp(to))));
		for (let round = 2; round < 5; round++) {
			await project.ok(["secrets", "set", `ONE=${round}`]);
			project.write("functions/more.ts", `export default () => new Response("more ${round}");`);
			await project.ok(["functions", "deploy", "more"]);
		}
		for (const one of await made) {
			expect(one).toMatchObject({
				apps: 1,
				recorded: true,
				created: expect.stringMatching(/^20/),
				bytes: expect.any(Number),
			});
			expect(one.functions).toBeGreaterThanOrEqual(2);
		}
		expect((await platform.call("one")).text).toBe("one 4");
		const status = await project.data(["platform", "status"]);
		expect(status.backups.map(({ name }: { name: string }) => name).sort()).toEqual([
			...["backup", "backup-2", "backup-3"],
		]);
		const { stdout } = await project.ok(["platform", "status"]);
		expect(stdout).toMatch(/\n\nThe newest backup, backup(-\d)?, is \d minutes? old\.\n$/);
		await project.ok(["functions", "delete", "more"]);
		const again = await project.coffer([...backUp(backup), "--json"]);
		expect([again.status, again.error().code]).toEqual([5, "BACKUP_EXISTS"]);
		const nothing = await project.coffer([
			"platform",
			"backup",
			`${backup}-4`,
			"--data",
			project.root,
			"--json",
		]);
		expect([nothing.status, nothing.error().code]).toEqual([4, "DATA_DIR_NOT_FOUND"]);
	});

	test("contains no value, no token, no identity, and no output of a function", async () => {
		await project.ok(backUp(`${backup}-4`));
		const seed = readFileSync(join(platform.folder, "identity"), "utf8").trim().split(".")[1] ?? "";
		const secret = platform.token.split(".")[1] ?? "";
		const needles = [...formsOf(CANARY), seed, secret, "one is up"];
		const files = filesBelow(`${backup}-4`);
		expect(files.length).toBeGreaterThan(4);
		const found = files.filter(
			({ bytes, path }) => !path.includes("blobs/") && needles.some((needle) => bytes.includes(needle)),
		);
		expect(found).toEqual([]);
		for (const { bytes } of files)
			for (const form of formsOf(CANARY)) expect(bytes.includes(form)).toBe(false);
	});
});

describe("a restore of a backup", () => {
	test("is refused into the directory of a running platform, and from a damaged backup", async () => {
		const running = await project.coffer(["platform", "restore", backup, "--data", platform.data, "--json"]);
		expect([running.status, running.error().code]).toEqual([5, "DATA_DIR_IN_USE"]);
		const none = await project.coffer([
			"platform",
			"restore",
			`${backup}-none`,
			"--data",
			platform.data,
			"--json",
		]);
		expect([none.status, none.error().code]).toEqual([4, "BACKUP_NOT_FOUND"]);
		const [blob] = filesBelow(join(`${backup}-2`, "blobs"));
		renameSync(blob?.path ?? "", `${blob?.path}.gone`);
		const target = join(platform.folder, "spoilt");
		const refused = await project.coffer(["platform", "restore", `${backup}-2`, "--data", target, "--json"]);
		expect([refused.status, refused.error().code]).toEqual([7, "BACKUP_DAMAGED"]);
	});

	test("serves the same functions at the same revision, and takes changes", async () => {
		const last = `${backup}-last`;
		await project.ok(backUp(last));
		const { revision } = await project.data(["status"]);
		await platform.kill();
		await project.ok(["platform", "stop", "--data", platform.data]);
		renameSync(platform.data, `${platform.data}.lost`);
		const restored = await project.data(["platform", "restore", last, "--data", platform.data]);
		expect(restored).toMatchObject({ backup: last, data: platform.data, apps: 1, functions: 3 });
		await platform.start();
		expect((await platform.call("one")).text).toBe("one 4");
		expect((await platform.call("two")).text).toBe(`two ${CANARY.length}`);
		expect((await platform.call("visits")).text).toBe("hello, visit 2");
		expect((await platform.call("more")).status).toBe(404);
		expect(await project.data(["status"])).toMatchObject({ reachable: true, revision, pending: [] });
		expect(await project.data(["secrets", "set", "ONE=5"])).toMatchObject({ revision: revision + 1 });
		expect((await platform.call("one")).text).toBe("one 5");
		const { functions } = await project.data(["functions", "deploy"]);
		expect(functions.find(({ name }: { name: string }) => name === "one")).toMatchObject({
			status: "unchanged",
		});
	});

	test("from an older backup is refused by devices that have seen more, and works under another name of the app", async () => {
		await platform.kill();
		await project.ok(["platform", "stop", "--data", platform.data]);
		renameSync(platform.data, `${platform.data}.later`);
		await project.ok(["platform", "restore", `${backup}-last`, "--data", platform.data]);
		await platform.start();
		let hint = "";
		for (const args of [["sync"], ["secrets", "set", "ONE=6"]]) {
			const refused = await project.coffer([...args, "--json"]);
			expect(refused.error()).toMatchObject({ code: "LOG_FORKED", exit: 7 });
			hint = refused.error().hint;
		}
		expect((await platform.call("one")).text).toBe("one 4");

		for (const index of [0, 1]) await follow(project, hint, index);
		await project.ok(["vault", "verify"]);
		await project.ok(["functions", "deploy"]);
		const answer = await fetch(`${platform.listen}/shop-2/one`);
		expect(await answer.text()).toBe("one 6");
	});
});
