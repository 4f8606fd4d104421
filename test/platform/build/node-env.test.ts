import { execFileSync } from "node:child_process";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import {
	type BundleText,
	buildEach,
	buildText,
	ENTRY,
	LEVELS,
	makeBuildFolders,
	testBuilder,
} from "./builder.ts";

const place = makeBuildFolders();
let builder: Builder;
beforeAll(async () => {
	builder = await testBuilder(place);
});

/** Runs a bundle with a value of NODE_ENV. @returns what it prints */
async function run(code: Uint8Array, value: string): Promise<string> {
	const path = join(place.root, "run.js");
	writeFileSync(path, code);
	const flags = ["run", "--no-prompt", "--no-remote", "--no-npm", "--no-config", "--allow-env"];
	const environment = { NO_COLOR: "1", NODE_ENV: value };
	return execFileSync(await findDeno(), [...flags, path], { env: environment, encoding: "utf8" }).trim();
}

const SPELLINGS: readonly (readonly [string, string])[] = [
	["process.env.NODE_ENV", ""],
	['process.env["NODE_ENV"]', ""],
	["process.env[`NODE_ENV`]", ""],
	["process?.env?.NODE_ENV", ""],
	['process["env"].NODE_ENV', ""],
	["process.env.NODE\\u005fENV", ""],
	["NODE_ENV", "const { NODE_ENV } = process.env;"],
	["mode", "const { env: { NODE_ENV: mode } } = process;"],
	["globalThis.process.env.NODE_ENV", ""],
	["process.env.NODE_ENV", 'import process from "node:process";'],
	["env.NODE_ENV", 'import { env } from "node:process";'],
	["(Deno.env.get('NODE_ENV'))", ""],
	['(process.env.NODE_ENV === "staging" ? "staging" : "another")', ""],
];

describe("NODE_ENV in a bundle", () => {
	let built: readonly BundleText[];
	beforeAll(async () => {
		const sources = SPELLINGS.map(([expression, before]) => `${before}\nconsole.log(${expression});`);
		built = await buildEach(builder, sources, "ts");
	});

	test.each(SPELLINGS.map((spelling, index) => [...spelling, index] as const))(
		"%s is read at run time %s",
		async (_, _before, index) => {
			const { code } = built[index] as BundleText;
			expect(await run(code, "staging")).toBe("staging");
		},
	);

	test("both branches of a package are in the bundle, and the value at run time chooses one", async () => {
		// Only react's module for development exports `captureOwnerStack`.
		const source = 'import React from "npm:react@19.1.0"; console.log(typeof React.captureOwnerStack);';
		const { code, sources } = await buildText(builder, { [ENTRY]: source });
		expect(sources).toContain("npm:react@19.1.0/cjs/react.production.js");
		expect(sources).toContain("npm:react@19.1.0/cjs/react.development.js");
		expect(await run(code, "production")).toBe("undefined");
		expect(await run(code, "development")).toBe("function");
	});

	test.each(LEVELS)("is read at run time if the build runs with the protection %s", async (level) => {
		const own = await testBuilder(
			{ ...place, directory: join(place.root, `at-${level}`) },
			{ levels: [level] },
		);
		expect(own.level).toBe(level);
		const source = "console.log(process.env.NODE_ENV);";
		expect(await run((await buildText(own, { [ENTRY]: source })).code, "staging")).toBe("staging");
	});

	test("is read at run time after the package cache was emptied", async () => {
		const source = "console.log(process.env.NODE_ENV, 1);";
		await buildText(builder, { [ENTRY]: source });
		rmSync(join(place.directory, "cache", "dl"), { recursive: true });
		expect(await run((await buildText(builder, { [ENTRY]: source })).code, "staging")).toBe("staging 1");
	});

	test("a build fails, and inserts no constant, if Deno itself runs esbuild", async () => {
		const own = await testBuilder({ ...place, directory: join(place.root, "foreign") });
		const source = "console.log(process.env.NODE_ENV);";
		await buildText(own, { [ENTRY]: source });
		const downloads = join(place.root, "foreign", "cache", "dl");
		const folder = readdirSync(downloads).find((name) => name.startsWith("esbuild-")) ?? "";
		const real = readdirSync(join(downloads, folder)).find((name) => name.endsWith(".real")) ?? "";
		renameSync(join(downloads, folder, real), join(downloads, folder, real.slice(0, -".real".length)));
		await expect(buildText(own, { [ENTRY]: source })).rejects.toThrow(/does not build: .*wildcard/);
	});
});
