/** Packages for a registry, and functions that use them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { type NpmRegistry, startNpmRegistry } from "../../support/services/npm-registry.ts";
import { ask, type Harness, launch, openRuntime } from "../runtime/harness.ts";
import { type BuildFolders, buildText, ENTRY, NETWORK, testBuilder } from "./builder.ts";

/** Writes the folder of a package, version 1.0.0. */
export function packageFolder(
	{ root }: BuildFolders,
	name: string,
	manifest: object,
	files: Record<string, string>,
): { folder: string } {
	const folder = join(root, "packages", name);
	const all = { "package.json": JSON.stringify({ name, version: "1.0.0", ...manifest }), ...files };
	for (const [path, text] of Object.entries(all)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
	return { folder };
}

/** A builder whose packages come from a registry of the tests. */
export interface PublishedPackages {
	readonly builder: Builder;
	/** Builds a function, starts it, and returns the JSON that it answers. */
	answerOf(files: Record<string, string>): Promise<unknown>;
}

/** Publishes packages for the tests of the calling file. */
export function usePackages(
	place: BuildFolders,
	packages: Parameters<typeof startNpmRegistry>[0],
): PublishedPackages {
	let registry: NpmRegistry;
	let builder: Builder;
	let harness: Harness;
	beforeAll(async () => {
		registry = await startNpmRegistry(packages);
		// The bundler itself comes from the real registry.
		const warm = await testBuilder(place);
		await buildText(warm, { [ENTRY]: "console.log(1);" });
		warm.close();
		builder = await testBuilder(place, { passthrough: { ...NETWORK, NPM_CONFIG_REGISTRY: registry.url } });
		harness = await openRuntime();
	});
	afterAll(async () => {
		await registry[Symbol.asyncDispose]();
		builder.close();
		await harness.close();
	});
	const answerOf = async (files: Record<string, string>) => {
		const { text } = await buildText(builder, files);
		const instance = await harness.runtime.start(launch(text));
		try {
			return JSON.parse((await ask(instance.socketPath)).body);
		} finally {
			await instance.stop();
		}
	};
	return {
		get builder() {
			return builder;
		},
		answerOf,
	};
}
