/** An entry with all of its local modules as one module, made in this process; nothing of it is run. */
import { join } from "node:path";
import type { BuildFailure, BuildResult, Message } from "esbuild";
import { type ResolverOptions, type RootFiles, resolver } from "./resolver.ts";
import { Warnings } from "./warnings.ts";

/** Names of local sources in the map begin so, then comes the path from the root. */
export const LOCAL = "local:/";
/** So many modules that do not parse are not somebody's slip. */
const BROKEN_MAX = 50;

export interface LocalBundle {
	readonly code: string;
	/** JSON. */
	readonly sourceMap: string;
	/** What is left as imports and leads to packages or the web. */
	readonly remote: readonly string[];
	/** What is left as imports and leads nowhere. */
	readonly left: readonly string[];
	readonly warnings: Warnings;
}

/** Why an entry cannot be bundled at all. */
export class BundleFault extends Error {
	readonly line: number;
	constructor(message: string, line: number) {
		super(message);
		this.line = line;
	}
}

/**
 * Bundles one entry.
 * @param entry path from the files' root
 * @throws BundleFault where the entry itself does not parse
 */
export async function bundleLocal(files: RootFiles, entry: string): Promise<LocalBundle> {
	const warnings = new Warnings();
	const broken = new Set<string>();
	for (;;) {
		const remote = new Set<string>();
		const left = new Set<string>();
		const result = await tryBundle({
			files,
			entry,
			broken,
			warnings,
			onRemote: (specifier) => void remote.add(specifier),
			onLeft: (specifier) => void left.add(specifier),
		});
		if (!("errors" in result)) return { ...result, remote: [...remote].sort(), left: [...left], warnings };
		for (const { file, line, message } of result.errors) {
			if (file === entry || broken.size >= BROKEN_MAX || broken.has(file))
				throw new BundleFault(message, line);
			broken.add(file);
			warnings.add({ file, line, message: `is left out: ${message}` });
		}
	}
}

type Tried =
	| { readonly code: string; readonly sourceMap: string }
	| { readonly errors: { file: string; line: number; message: string }[] };

async function tryBundle(options: ResolverOptions): Promise<Tried> {
	const { build } = await import("esbuild");
	const { entry, files } = options;
	try {
		const result = await build({
			absWorkingDir: files.root,
			entryPoints: [join(files.root, entry)],
			bundle: true,
			format: "esm",
			platform: "neutral",
			target: "esnext",
			treeShaking: true,
			sourcemap: "external",
			sourcesContent: false,
			outfile: join(files.root, "bundle.js"),
			write: false,
			logLevel: "silent",
			plugins: [resolver(options)],
			loader: { ".txt": "text", ".md": "text", ".html": "text", ".wasm": "empty", ".css": "empty" },
			tsconfigRaw: { compilerOptions: { experimentalDecorators: true, jsx: "react-jsx" } },
		});
		return outputOf(result);
	} catch (error) {
		const { errors } = error as BuildFailure;
		if (!Array.isArray(errors) || errors.length === 0) throw error;
		return { errors: errors.map((message) => placed(message, entry)) };
	}
}

function outputOf(result: BuildResult<{ write: false }>): Tried {
	const textOf = (end: string) => result.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
	const map = JSON.parse(textOf(".map")) as { sources: string[] };
	map.sources = map.sources.map((source) => LOCAL + source.split("\\").join("/"));
	return { code: textOf(".js"), sourceMap: JSON.stringify(map) };
}

function placed({ location, text }: Message, entry: string): { file: string; line: number; message: string } {
	return { file: location?.file ?? entry, line: location?.line ?? 1, message: text };
}
