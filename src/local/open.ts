/** Everything that an analysis without a platform works with, opened and closed together. */
import { availableParallelism } from "node:os";
import { builtPath } from "../platform/assets.ts";
import { Analyst } from "../platform/build/analyst.ts";
import { type DenoSearch, findDeno } from "../platform/runtime/deno-binary.ts";
import type { FilesAnalysis } from "./analyze-files.ts";
import { Packages } from "./packages.ts";
import { RootFiles } from "./resolver.ts";

export interface LocalOptions {
	/** Absolute; paths are from here. */
	readonly root: string;
	/** Where Deno is looked for. */
	readonly deno: DenoSearch;
	/** A folder for packages that were fetched, which is kept. */
	readonly cache: string;
	/** What Deno needs of the environment for network and certificates. */
	readonly passthrough: Readonly<Record<string, string>>;
}

/** Opens an analysis; disposal ends its processes and removes its temporary files. Where there is no Deno, packages stay unknown. */
export async function openLocal(options: LocalOptions): Promise<FilesAnalysis & AsyncDisposable> {
	const { cache, passthrough, root } = options;
	const deno = await findDeno(options.deno).catch(() => undefined);
	const packages = new Packages({ deno, cache, passthrough });
	const analyst = new Analyst(builtPath("analysis.cjs"));
	return {
		files: new RootFiles(root),
		packages,
		analyst,
		parallel: Math.max(2, availableParallelism()),
		async [Symbol.asyncDispose]() {
			await Promise.all([packages.close(), analyst.close()]);
			const { stop } = await import("esbuild");
			await stop();
		},
	};
}
