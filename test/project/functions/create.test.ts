import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseFunctionFile } from "../../../src/modules/function-settings.ts";
import { createFunction } from "../../../src/project/functions/create.ts";
import { discoverFunctions } from "../../../src/project/functions/discover.ts";
import { temporaryProject } from "./project.ts";

describe("functions new", () => {
	test.each([
		["hello", {}, ["functions/hello/index.ts"]],
		["api/billing", { "functions/pay.ts": "" }, ["functions/api/billing/index.ts"]],
		// A flat file does not end the search in the folder of its name.
		["pay/refund", { "functions/pay.ts": "" }, ["functions/pay/refund/index.ts"]],
		[
			"hello",
			{ "functions/pay/index.ts": "", "functions/pay/function.jsonc": "{}" },
			["functions/hello/index.ts", "functions/hello/function.jsonc"],
		],
		[
			"hello",
			{ "base44/functions/pay/entry.ts": "" },
			["base44/functions/hello/entry.ts", "base44/functions/hello/function.jsonc"],
		],
	])("writes %s into a project with %j, where deploy finds it", async (name, present, expected) => {
		const root = temporaryProject(present);
		expect(await createFunction(root, name, "http")).toEqual(expected);
		const found = (await discoverFunctions(root)).find((one) => one.name === name);
		expect([found?.entry, found?.settings]).toEqual([expected[0], expected[1]]);
	});

	test("the template of a scheduled function has an automation that the platform accepts", async () => {
		const root = temporaryProject({});
		const [, settings = ""] = await createFunction(root, "report", "scheduled");
		const file = parseFunctionFile(settings, readFileSync(join(root, settings)), "report");
		expect(file.automations).toMatchObject([{ name: "daily", cron_expression: "30 8 * * *" }]);
	});

	test.each([
		["pay", "functions/pay.ts", 'functions/pay.ts is the function "pay" already.'],
		["pay", "functions/pay/main.ts", 'functions/pay/main.ts is the function "pay" already.'],
		[
			"pay/refund",
			"functions/pay/index.ts",
			'functions/pay/index.ts is a function, so its folder cannot contain the function "pay/refund".',
		],
		[
			"pay",
			"functions/pay/refund/index.ts",
			'The folder of "pay" contains a function already: functions/pay/refund/index.ts.',
		],
	])("refuses %s beside %s, and writes nothing", async (name, path, message) => {
		const root = temporaryProject({ [path]: "content" });
		await expect(createFunction(root, name, "http")).rejects.toMatchObject({
			code: "FUNCTION_EXISTS",
			exit: 5,
			message,
		});
		expect(readFileSync(join(root, path), "utf8")).toBe("content");
		expect(await discoverFunctions(root)).toHaveLength(1);
	});

	test.each(["", "../x", "a//b", "/a", "a/", "-a", "a b", "_a", "shared", "a/lib/b", "x".repeat(201)])(
		"refuses the name %j",
		async (name) => {
			const root = temporaryProject({});
			await expect(createFunction(root, name, "http")).rejects.toMatchObject({
				code: "FUNCTION_NAME_INVALID",
				exit: 2,
			});
			expect(existsSync(join(root, "functions"))).toBe(false);
		},
	);

	test("writes nothing through a link that leads out of the project", async () => {
		const root = temporaryProject({ "functions/a/index.ts": "" });
		const outside = join(root, "..", "outside");
		mkdirSync(outside);
		writeFileSync(join(outside, "notes.txt"), "");
		symlinkSync(outside, join(root, "functions", "api"));
		await expect(createFunction(root, "api/hello", "http")).rejects.toMatchObject({ code: "SOURCE_OUTSIDE" });
		expect(existsSync(join(outside, "hello"))).toBe(false);
	});

	test("writes no file if one of them cannot be written", async () => {
		const root = temporaryProject({ "functions/pay/index.ts": "" });
		mkdirSync(join(root, "functions/hello"));
		symlinkSync("nowhere", join(root, "functions/hello/function.jsonc"));
		const creating = createFunction(root, "hello", "scheduled");
		await expect(creating).rejects.toMatchObject({ code: "FILE_UNWRITABLE", exit: 1 });
		expect(existsSync(join(root, "functions/hello/index.ts"))).toBe(false);
	});
});
