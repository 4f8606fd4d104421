/**
 * `functions deploy --dry-run` names the functions that the deployment then redeploys, whichever file has
 * changed.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { PACKAGE_CACHE } from "../../support/package-cache.ts";
import { startNpmRegistry } from "../../support/services/npm-registry.ts";
import { link, type PlatformAccess, sharedPlatform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let platform: PlatformAccess;
let project: Project;

const DENO_JSON = { imports: { "lib/": "./lib/", words: "./lib/words.ts" } };
const MAIN = (name: string) =>
	`import { word } from "words";\nDeno.serve(() => new Response("${name} " + word));\n`;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	project.variables["XDG_CACHE_HOME"] = PACKAGE_CACHE;
	project.writeAll({
		"deno.json": JSON.stringify(DENO_JSON),
		"package.json": JSON.stringify({ name: "shop", imports: { "#own": "./lib/words.ts" } }),
		"lib/words.ts": "export const word: string = 'one';\n",
		"lib/others.ts": "export const word: string = 'two';\n",
		"functions/plain/index.ts": "Deno.serve(() => new Response('plain'));\n",
		"functions/mapped/index.ts": MAIN("mapped"),
		"functions/owned/index.ts": MAIN("owned").replace('"words"', '"#own"'),
		"functions/set/index.ts": "Deno.serve(() => new Response('set'));\n",
		"functions/set/function.jsonc": '{ "timeoutSeconds": 20 }\n',
	});
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

interface Row {
	readonly name: string;
	readonly status: string;
	readonly certain?: boolean;
}

/** The functions that a deployment changes. */
const named = (rows: readonly Row[]) =>
	rows.filter(({ status }) => status !== "unchanged").map(({ name }) => name);

/** Edits a file. Each change remains for the tests after it. */
const edit = (path: string, change: (text: string) => string) =>
	project.write(path, change(project.read(path)));
const CHANGES: readonly [what: string, change: () => void, redeployed: readonly string[]][] = [
	["nothing", () => {}, []],
	[
		"a module that two functions import",
		() => edit("lib/words.ts", (text) => text.replace("one", "uno")),
		["mapped", "owned"],
	],
	["a comment in it", () => edit("lib/words.ts", (text) => `// A word.\n${text}`), []],
	[
		"a key of deno.json that concerns no bundle",
		() => project.write("deno.json", JSON.stringify({ ...DENO_JSON, fmt: { useTabs: true } })),
		[],
	],
	[
		"an import in deno.json that no function uses",
		() =>
			project.write(
				"deno.json",
				JSON.stringify({ imports: { ...DENO_JSON.imports, unused: "./lib/others.ts" } }),
			),
		[],
	],
	[
		"where an import of deno.json leads",
		() => project.write("deno.json", JSON.stringify({ imports: { words: "./lib/others.ts" } })),
		["mapped"],
	],
	[
		"a script of package.json",
		() =>
			project.write(
				"package.json",
				JSON.stringify({ name: "shop", scripts: { x: "true" }, imports: { "#own": "./lib/words.ts" } }),
			),
		[],
	],
	[
		"where an import of package.json leads",
		() =>
			project.write("package.json", JSON.stringify({ name: "shop", imports: { "#own": "./lib/others.ts" } })),
		["owned"],
	],
	[
		"a comment in function.jsonc",
		() => edit("functions/set/function.jsonc", (text) => `// Slow.\n${text}`),
		[],
	],
	[
		"a setting in function.jsonc",
		() => edit("functions/set/function.jsonc", (text) => text.replace("20", "25")),
		["set"],
	],
	[
		"an automation in function.jsonc",
		() =>
			project.write(
				"functions/set/function.jsonc",
				JSON.stringify({
					timeoutSeconds: 25,
					automations: [
						{
							name: "nightly",
							type: "scheduled",
							schedule_mode: "recurring",
							schedule_type: "cron",
							cron_expression: "0 3 * * *",
						},
					],
				}),
			),
		["set"],
	],
	[
		"a lock file, where nothing comes from outside",
		() => project.write("deno.lock", JSON.stringify({ version: "5", specifiers: {} })),
		[],
	],
	[
		"a function that is new",
		() => project.write("functions/fresh.ts", "Deno.serve(() => new Response(''));\n"),
		["fresh"],
	],
];

test.each(CHANGES)("--dry-run predicts what a deployment does: %s", async (_, change, redeployed) => {
	change();
	const planned = (await project.data(["functions", "deploy", "--dry-run"])).functions as Row[];
	const deployed = (await project.data(["functions", "deploy"])).functions as Row[];
	expect(named(deployed)).toEqual(redeployed);
	expect(named(planned)).toEqual(redeployed);
	expect(planned.every(({ certain }) => certain)).toBe(true);
});

test("--dry-run sees a package's new version, and a change of the lock file beside it", async () => {
	const word = (text: string) => ({
		version: "1.0.0",
		source: `export const word = ${JSON.stringify(text)};`,
	});
	await using registry = await startNpmRegistry({ "words-one": word("one"), "words-two": word("two") });
	// The earlier deployments have put the bundler into the cache.
	await using other = await startPlatform({ NPM_CONFIG_REGISTRY: registry.url });
	await using shop = await newProject({
		env: { XDG_CACHE_HOME: project.variables["XDG_CACHE_HOME"], NPM_CONFIG_REGISTRY: registry.url },
	});
	const dependOn = (name: string) =>
		shop.write("package.json", JSON.stringify({ dependencies: { words: `npm:${name}@1.0.0` } }));
	shop.write("functions/packed.ts", MAIN("packed"));
	shop.write("functions/plain.ts", "Deno.serve(() => new Response('plain'));\n");
	dependOn("words-one");
	await link(shop, other);
	await shop.ok(["functions", "deploy"]);
	const expectBoth = async (redeployed: readonly string[]) => {
		const planned = named((await shop.data(["functions", "deploy", "--dry-run"])).functions);
		const deployed = named((await shop.data(["functions", "deploy"])).functions);
		expect({ planned, deployed }).toEqual({ planned: redeployed, deployed: redeployed });
	};
	await expectBoth([]);
	dependOn("words-two");
	await expectBoth(["packed"]);
	const lock = {
		version: "5",
		specifiers: { "npm:words-two@1.0.0": "1.0.0" },
		npm: { "words-two@1.0.0": { integrity: registry.integrityOf("words-two") } },
	};
	shop.write("deno.lock", JSON.stringify(lock));
	await expectBoth([]);
	dependOn("words-one");
	shop.write(
		"deno.lock",
		JSON.stringify({
			version: "5",
			specifiers: { "npm:words-one@1.0.0": "1.0.0" },
			npm: { "words-one@1.0.0": { integrity: registry.integrityOf("words-one") } },
		}),
	);
	await expectBoth(["packed"]);
});

test("--dry-run lists functions as possibly unchanged if this machine lacks the platform's Deno version", async () => {
	project.write("lib/words.ts", `// Again.\n${project.read("lib/words.ts")}`);
	project.write("lib/others.ts", `// Again.\n${project.read("lib/others.ts")}`);
	const env = { COFFER_DENO: "/nowhere/deno" };
	const { stdout } = await project.coffer(["functions", "deploy", "--dry-run"], { env });
	expect(stdout).toContain("Not built here, so these may turn out to be unchanged: mapped, owned.");
	expect(stdout).toMatch(/^= ?plain|plain {2}unchanged/m);
});
