/** Compiles TypeScript to JavaScript, like the builder. */
import { build, transformSync } from "esbuild";

export function stripTypeScript(source: string): string {
	return transformSync(source, { loader: "ts", target: "es2022" }).code;
}

/** A module with its imports from this project, as one file that Node runs. */
export async function bundleForNode(entry: string, outfile: string): Promise<void> {
	await build({
		entryPoints: [entry],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20",
	});
}
