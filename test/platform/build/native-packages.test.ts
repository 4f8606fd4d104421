/** Packages with native code are refused before the build, where the upload's own modules import them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { type NpmRegistry, startNpmRegistry } from "../../support/services/npm-registry.ts";
import { buildText, ENTRY, makeBuildFolders, NETWORK, testBuilder } from "./builder.ts";

const place = makeBuildFolders();
let registry: NpmRegistry;
let builder: Builder;

/** The folder of a package, with further files. */
function packageFolder(name: string, manifest: object, files: readonly string[]): { folder: string } {
	const folder = join(place.root, "packages", name);
	mkdirSync(folder, { recursive: true });
	const own = { name, version: "1.0.0", type: "module", main: "index.js" };
	writeFileSync(join(folder, "package.json"), JSON.stringify({ ...own, ...manifest }));
	writeFileSync(join(folder, "index.js"), `export default "${name}";`);
	for (const file of files) writeFileSync(join(folder, file), "");
	return { folder };
}

beforeAll(async () => {
	registry = await startNpmRegistry({
		compiled: packageFolder("compiled", {}, ["binding.gyp"]),
		prebuilt: packageFolder("prebuilt", {}, ["tool.linux-x64.node"]),
		chooser: packageFolder("chooser", { optionalDependencies: { "chooser-linux-x64": "1.0.0" } }, []),
		"chooser-linux-x64": { version: "1.0.0", source: "" },
		faster: packageFolder("faster", {}, ["binding.gyp", "fallback.js"]),
		plain: packageFolder("plain", { optionalDependencies: { faster: "1.0.0" } }, []),
		trying: {
			version: "1.0.0",
			source: 'export { default } from "compiled";',
			dependencies: { compiled: "1.0.0" },
		},
	});
	// The bundler itself comes from the real registry.
	const warm = await testBuilder(place);
	await buildText(warm, { [ENTRY]: "console.log(1);" });
	warm.close();
	builder = await testBuilder(place, { passthrough: { ...NETWORK, NPM_CONFIG_REGISTRY: registry.url } });
});
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	builder.close();
});

describe("a native package is refused with the place of its import", () => {
	test.each(["compiled", "prebuilt", "chooser"])("%s", async (name) => {
		const files = {
			[ENTRY]: 'import "../../shared/tool.ts";\n',
			"shared/tool.ts": `// Makes pictures.\nimport tool from "npm:${name}@1";\nconsole.log(tool);\n`,
		};
		await expect(buildText(builder, files)).rejects.toMatchObject({
			code: "BUILD_NATIVE",
			message: `shared/tool.ts:2 imports ${name}, which contains native code. A function runs JavaScript and WebAssembly only.`,
			line: 2,
		});
	});

	test("if it is imported dynamically", async () => {
		const files = { [ENTRY]: 'export default async () => (await import("npm:compiled@1")).default;' };
		await expect(buildText(builder, files)).rejects.toMatchObject({ code: "BUILD_NATIVE" });
	});
});

describe("a package without native code is built", () => {
	test.each([
		["that works without its native code", 'import it from "npm:faster@1"; console.log(it);', "faster"],
		["that has an optional native one", 'import it from "npm:plain@1"; console.log(it);', "plain"],
		["whose package imports a native one", 'import it from "npm:trying@1"; console.log(it);', "compiled"],
	])("%s", async (_, source, text) => {
		expect(Buffer.from((await buildText(builder, { [ENTRY]: source })).code).toString("utf8")).toContain(
			text,
		);
	});

	test("that is imported only for its types", async () => {
		const source = 'import type it from "npm:compiled@1"; const name: typeof it = "own"; console.log(name);';
		expect(Buffer.from((await buildText(builder, { [ENTRY]: source })).code).toString("utf8")).toContain(
			"own",
		);
	});
});
