/** `functions references --entry` analyses modules from registries too, and downloads each once. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startJsrRegistry } from "../../support/services/jsr-registry.ts";
import { serveLocally } from "../../support/services/local-server.ts";
import { Project } from "../support/project.ts";

let project: Project;
beforeEach(() => {
	project = new Project({ identity: "none" });
});
afterEach(() => project[Symbol.asyncDispose]());

/** An npm registry with the package `good`, and with `bad`, whose archive is missing. */
async function startNpmRegistry(): Promise<{ url: string } & AsyncDisposable> {
	project.writeAll({
		"package/package.json": '{"name": "good", "version": "1.0.0", "main": "index.js"}',
		"package/index.js": "module.exports = () => process.env.GOOD_KEY;\n",
	});
	execFileSync("tar", ["-czf", "good.tgz", "package"], { cwd: project.root });
	const archive = readFileSync(join(project.root, "good.tgz"));
	const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
	return await serveLocally(({ url = "", headers: { host } }, response) => {
		const name = url.slice(1);
		if (url === "/good.tgz") return response.end(archive);
		if (name !== "good" && name !== "bad") return response.writeHead(404).end();
		const dist = { tarball: `http://${host}/${name}.tgz`, integrity };
		const versions = { "1.0.0": { name, version: "1.0.0", dist } };
		return response.end(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions }));
	});
}

const MODULES: Readonly<Record<string, string>> = {
	"/mod.ts": `import { read } from "./read.ts";
export const region = (): string => read("REGION");
export const unused = (): string => read("UNUSED");
`,
	"/read.ts": `export const read = (name: string): string => Deno.env.get(name) ?? "";\n`,
};

test("modules of JSR are analysed, and downloaded once", async () => {
	await using registry = await startJsrRegistry(MODULES);
	const files = ["a.ts", "b.ts", "c.ts"];
	for (const file of files)
		project.write(file, `import { region } from "jsr:@coffer/region@1";\nregion();\n`);
	const args = ["functions", "references", "--entry", ...files];
	const found = await project.data(args, { env: { JSR_URL: registry.url } });
	const reference = {
		name: "REGION",
		file: `${registry.url}@coffer/region/1.2.3/mod.ts`,
		line: 2,
		how: "static",
		package: "jsr:@coffer/region@1.2.3",
	};
	const none = { dynamic: false, dynamicAccesses: [], warnings: [] };
	expect(found.functions).toEqual(
		files.map((file) => ({ function: file, references: [reference], ...none })),
	);
	const fetched = registry.asked.filter((path) => path.endsWith(".ts")).sort();
	expect(fetched).toEqual(["/@coffer/region/1.2.3/mod.ts", "/@coffer/region/1.2.3/read.ts"]);
	await project.data(args, { env: { JSR_URL: registry.url } });
	expect(registry.asked.filter((path) => path.endsWith(".ts")).sort()).toEqual(fetched);
});

test("a lock file decides the version of a package", async () => {
	project.writeAll({
		"deno.json": '{"imports": {"debug": "npm:debug@^4.3.0"}}',
		"deno.lock": '{"version": "5", "specifiers": {"npm:debug@^4.3.0": "4.3.4"}}',
		"a.ts": `import debug from "debug";\ndebug("a")("a");\n`,
	});
	const { functions } = await project.data(["functions", "references", "--entry", "a.ts"]);
	const packages = functions[0].references.map((one: { package?: string }) => one.package);
	expect(packages).toContain("npm:debug@4.3.4");
});

test("a missing package does not affect the others", async () => {
	project.write(
		"a.ts",
		`import debug from "npm:debug@4.3.4";
import absent from "npm:debug@98.0.0";
import gone from "npm:debug@4.3.4/gone.js";
debug("a")(absent, gone);
`,
	);
	const { functions } = await project.data(["functions", "references", "--entry", "a.ts"]);
	expect(functions[0].references).toContainEqual(expect.objectContaining({ name: "DEBUG" }));
	expect(functions[0].warnings).toEqual([
		{ file: "a.ts", line: 2, message: expect.stringMatching(/^"npm:debug@98\.0\.0": .*98\.0\.0/) },
		{ file: "a.ts", line: 3, message: '"npm:debug@4.3.4/gone.js": the package has no such module' },
	]);
});

test("a package with a missing archive does not affect the others", async () => {
	await using registry = await startNpmRegistry();
	project.writeAll({
		"a.ts": `import bad from "npm:bad@1";\nimport good from "npm:good@1";\ngood(bad);\n`,
		"b.ts": `import good from "npm:good@1";\ngood();\n`,
	});
	const args = ["functions", "references", "--entry", "a.ts", "b.ts"];
	const { functions } = await project.data(args, { env: { NPM_CONFIG_REGISTRY: registry.url } });
	const reference = {
		name: "GOOD_KEY",
		file: "npm:good@1.0.0/index.js",
		line: 1,
		how: "static",
		package: "npm:good@1.0.0",
	};
	const warning = { file: "a.ts", line: 1, message: expect.stringContaining('"npm:bad@1": ') };
	expect(functions).toMatchObject([
		{ function: "a.ts", references: [reference], warnings: [warning] },
		{ function: "b.ts", references: [reference], warnings: [] },
	]);
});

test("an esbuild binary for another system is reported once", async () => {
	project.writeAll({
		"a.ts": `Deno.env.get("A");\n`,
		"b.ts": `Deno.env.get("B");\n`,
		esbuild: "#!/bin/sh\nexit 1\n",
	});
	chmodSync(join(project.root, "esbuild"), 0o755);
	const env = { ESBUILD_BINARY_PATH: join(project.root, "esbuild") };
	const result = await project.coffer(["functions", "references", "--entry", "a.ts", "b.ts"], { env });
	expect([result.status, result.stdout]).toEqual([1, ""]);
	const [problem] = result.stderr.split("\n");
	expect(problem).toBe(
		"Error: The npm package esbuild, which bundles functions, does not run on this machine.",
	);
});
