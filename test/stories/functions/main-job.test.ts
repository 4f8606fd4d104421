/** The main job: a secret set on the command line reaches exactly the functions that read it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PlatformAccess, pidsOf, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";
import { ENV_FILE, NAMES, SHOP } from "../support/shop.ts";

let project: Project;
let platform: PlatformAccess;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	project.writeAll({ ...SHOP, ".env": ENV_FILE });
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

async function changedBy(work: () => Promise<void>): Promise<string[]> {
	const before = await pidsOf(project);
	await work();
	const after = await pidsOf(project);
	expect(Object.keys(after)).toEqual(Object.keys(before));
	return Object.keys(after).filter((name) => after[name] !== before[name]);
}

// The tests of this file are the chapters of one story, in this order.
describe("from an empty folder to running functions", () => {
	test("seals secrets before there is a platform", async () => {
		const edited = await project.data(["secrets", "set", "--env-file", ".env"]);
		const set = ["GREETING", "LIMIT", "MAIL_KEY", "PAY_KEY", "PERIOD"];
		expect(edited).toEqual({
			environment: "production",
			set,
			deleted: [],
			unchanged: [],
			revision: null,
			pending: 0,
			redeployed: [],
			untouched: [],
		});
		const status = await project.data(["status"]);
		expect(status).toMatchObject({
			environment: "production",
			linked: false,
			reachable: false,
			revision: null,
			pending: [],
		});
		const listed = await project.data(["secrets", "list"]);
		expect(listed).toEqual({
			environment: "production",
			secrets: set.map((name) => ({ name, masked: "••••", version: 1, state: "local" })),
		});
	});

	test("link adds the platform to the vault and sends it the secrets", async () => {
		project.variables["COFFER_TOKEN"] = platform.token;
		const linked = await project.data(["link", platform.control, "--app", "shop"]);
		expect(linked).toMatchObject({ environment: "production", app: "shop", enrolled: true, revision: 1 });
		const { secrets } = await project.data(["secrets", "list"]);
		expect(new Set(secrets.map(({ state }: { state: string }) => state))).toEqual(new Set(["synced"]));
		const status = await project.data(["status"]);
		expect(status).toMatchObject({ linked: true, reachable: true, revision: 1, pending: [] });
	});

	test("functions deploy starts every function", async () => {
		const { functions } = await project.data(["functions", "deploy"]);
		expect(functions).toEqual(
			NAMES.map((name) => ({ name, status: "deployed", url: `${platform.listen}/shop/${name}` })),
		);
		const answers = await Promise.all(
			["hello", "api/pay", "mail", "std", "any?name=PAY_KEY", "plain/a/b?c=d", "wait", "fragile"].map(
				async (path) => (await platform.call(path)).text,
			),
		);
		expect(answers).toEqual([
			"hello world",
			"pay pay-1",
			"mail mail-1",
			"std world",
			"any pay-1",
			"plain /a/b /shop/plain",
			"wait 172800000",
			"fragile 10",
		]);
		expect((await platform.call("absent")).status).toBe(404);
	});

	test("functions list shows what each function reads, whether that is complete, and which limits are missing", async () => {
		const { functions, network, unbounded } = await project.data(["functions", "list"]);
		const { stdout } = await project.ok(["functions", "list"]);
		expect(network).toEqual({ wall: expect.any(String), missing: expect.any(Array) });
		expect(stdout.includes("Not blocked: ")).toBe(network.missing.length > 0);
		const lines = stdout.split("\n").filter((line) => line.includes("cannot enforce these limits"));
		expect(lines.map((line) => line.replace(/^.*docs\/isolation\.md\): /, "").split("; "))).toEqual(
			unbounded.length === 0 ? [] : [unbounded],
		);
		for (const one of functions) {
			expect(one).toEqual({
				name: expect.any(String),
				url: `${platform.listen}/shop/${one.name}`,
				state: "live",
				pid: expect.any(Number),
				deployment: expect.any(String),
				references: expect.any(Array),
				dynamic: one.name === "any",
				automations: [],
			});
		}
		const reads = Object.fromEntries(
			functions.map((one: { name: string; references: string[] }) => [one.name, one.references]),
		);
		// The list shows when the platform observed the names that `any` reads.
		expect(reads).toMatchObject({
			"api/pay": ["PAY_KEY"],
			fragile: ["LIMIT"],
			hello: ["GREETING"],
			mail: ["MAIL_KEY"],
			plain: [],
			std: ["GREETING"],
			wait: ["PERIOD"],
		});
	});

	test("references show file and line", async () => {
		const { functions } = await project.data(["functions", "references", "api/pay", "mail", "any"]);
		expect(functions).toMatchObject([
			{ function: "any", dynamic: true },
			{
				function: "api/pay",
				dynamic: false,
				references: [{ name: "PAY_KEY", file: "functions/_shared/keys.ts", line: 2, how: "static" }],
			},
			{
				function: "mail",
				dynamic: false,
				references: [{ name: "MAIL_KEY", file: "functions/_shared/keys.ts", line: 6, how: "static" }],
			},
		]);
		const absent = await project.coffer(["functions", "references", "nope", "--json"]);
		expect(absent.status).toBe(4);
		expect(absent.error().code).toBe("FUNCTION_NOT_FOUND");
	});
});

describe("one secret is changed", () => {
	test("starts a new process, with the new value, for exactly the functions that read it", async () => {
		const changed = await changedBy(async () => {
			const edited = await project.data(["secrets", "set", "GREETING=moon"]);
			expect(edited).toEqual({
				environment: "production",
				set: ["GREETING"],
				deleted: [],
				unchanged: [],
				revision: 2,
				pending: 0,
				redeployed: expect.any(Array),
				untouched: ["api/pay", "fragile", "mail", "plain", "wait"],
			});
			const redeployed = [...edited.redeployed].sort((a, b) => (a.function < b.function ? -1 : 1));
			const live = { status: "live", ms: expect.any(Number) };
			const reason = (file: string, line: number, how: string) => [{ name: "GREETING", file, line, how }];
			expect(redeployed).toEqual([
				{ function: "any", ...live, reasons: reason("functions/any/index.ts", 3, "dynamic") },
				{ function: "hello", ...live, reasons: reason("functions/hello/index.ts", 2, "static") },
				{ function: "std", ...live, reasons: reason("functions/std/index.ts", 2, "static") },
			]);
		});
		expect(changed).toEqual(["any", "hello", "std"]);
		const answers = await Promise.all(
			["hello", "std", "any?name=GREETING"].map((path) => platform.call(path)),
		);
		expect(answers.map(({ text }) => text)).toEqual(["hello moon", "std moon", "any moon"]);
	});

	test("restarts only the function whose export reads it through a shared module", async () => {
		const changed = await changedBy(async () => {
			await project.ok(["secrets", "set", "MAIL_KEY", "--stdin"], { input: "mail-2\n" });
		});
		expect(changed).toEqual(["any", "mail"]);
		expect((await platform.call("mail")).text).toBe("mail mail-2");
		expect((await platform.call("api/pay")).text).toBe("pay pay-1");
	});

	test("changes no byte, no revision and no process if the value stays the same", async () => {
		const before = project.vault;
		const changed = await changedBy(async () => {
			const edited = await project.data(["secrets", "set", "GREETING=moon", "PAY_KEY=pay-1"]);
			expect(edited).toMatchObject({
				set: [],
				unchanged: ["GREETING", "PAY_KEY"],
				revision: 3,
				pending: 0,
				redeployed: [],
			});
		});
		expect(changed).toEqual([]);
		expect(project.vault).toBe(before);
	});

	test("removes a deleted secret from the function's environment", async () => {
		const changed = await changedBy(async () => {
			const edited = await project.data(["secrets", "delete", "PAY_KEY"]);
			expect(edited).toMatchObject({ set: [], deleted: ["PAY_KEY"], unchanged: [], revision: 4, pending: 0 });
			expect(edited.redeployed.map((one: { function: string }) => one.function).sort()).toEqual([
				"any",
				"api/pay",
			]);
		});
		expect(changed).toEqual(["any", "api/pay"]);
		expect((await platform.call("api/pay")).text).toBe("pay undefined");
		expect((await platform.call("any?name=PAY_KEY")).text).toBe("any undefined");
		const { secrets } = await project.data(["secrets", "list"]);
		expect(secrets.map(({ name }: { name: string }) => name)).not.toContain("PAY_KEY");
	});

	test("keeps the old version running if a function does not start with the new value, and shows the function's error", async () => {
		const value = "canary-no-number-5150";
		const changed = await changedBy(async () => {
			const result = await project.coffer(["secrets", "set", `LIMIT=${value}`, "--json"]);
			expect(result.status).toBe(1);
			expect(result.error()).toMatchObject({ code: "REDEPLOY_FAILED", exit: 1 });
			const edited = result.json();
			expect(edited).toMatchObject({ set: ["LIMIT"], revision: 5, pending: 0 });
			const failed = edited.redeployed.find((one: { status: string }) => one.status === "failed");
			expect(failed).toMatchObject({
				function: "fragile",
				error: expect.stringContaining("LIMIT is no number"),
				reasons: [{ name: "LIMIT", file: "functions/fragile/index.ts", line: 1, how: "static" }],
			});
			expect(result.stdout + result.stderr).not.toContain(value);
			const readable = await project.coffer(["secrets", "set", `LIMIT=${value}-2`]);
			expect(readable.status).toBe(1);
			expect(readable.stderr).toContain("LIMIT is no number");
			expect(readable.stdout + readable.stderr).not.toContain(value);
		});
		expect(changed).toEqual(["any"]);
		expect((await platform.call("fragile")).text).toBe("fragile 10");
		await project.ok(["secrets", "set", "LIMIT=11"]);
		expect((await platform.call("fragile")).text).toBe("fragile 11");
	});
});
