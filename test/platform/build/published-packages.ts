/** Packages for a registry, and functions that use them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Builder } from "../../../src/platform/build/bundle.ts";
import { ask, type Harness, launch } from "../runtime/harness.ts";
import { type BuildFolders, buildText } from "./builder.ts";

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

/** Builds a function, starts it, and returns the JSON that it answers. */
export async function jsonOf(
	builder: Builder,
	harness: Harness,
	files: Record<string, string>,
): Promise<unknown> {
	const { text } = await buildText(builder, files);
	const instance = await harness.runtime.start(launch(text));
	try {
		return JSON.parse((await ask(instance.socketPath)).body);
	} finally {
		await instance.stop();
	}
}
