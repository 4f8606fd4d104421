/** Analyses files as functions, without a platform: many in one process. */
import { AppError } from "../errors.ts";
import type { Analyst } from "../platform/build/analyst.ts";
import type { References } from "../references/reference.ts";
import { BundleFault, bundleLocal, LOCAL } from "./bundle.ts";
import type { Packages } from "./packages.ts";
import type { RootFiles } from "./resolver.ts";
import type { Warning } from "./warnings.ts";

export interface AnalysedFile extends References {
	/** Paths from the root. */
	readonly warnings: readonly Warning[];
	/** Why it could not be analysed; then the rest says nothing. */
	readonly error?: string;
}

export interface FilesAnalysis {
	readonly files: RootFiles;
	readonly packages: Packages;
	readonly analyst: Analyst;
	/** How many are under way at once. */
	readonly parallel: number;
}

const encoder = new TextEncoder();

/** One entry. @param entry path from the root */
export async function analyzeFile(
	entry: string,
	{ analyst, files, packages }: FilesAnalysis,
): Promise<AnalysedFile> {
	const nothing = { references: [], dynamic: [], warnings: [] };
	try {
		const local = await bundleLocal(files, entry);
		const bundle = await packages.complete(local);
		for (const specifier of bundle.missing) {
			const message = `${JSON.stringify(specifier)} cannot be had from here: what it reads is not known`;
			local.warnings.add({ file: entry, line: 1, message });
		}
		const found = await analyst.analyze({ code: encoder.encode(bundle.code), sourceMap: bundle.sourceMap });
		return { ...withPaths(found), warnings: local.warnings.list() };
	} catch (error) {
		if (error instanceof BundleFault) return { ...nothing, error: `line ${error.line}: ${error.message}` };
		if (error instanceof AppError) return { ...nothing, error: error.message };
		throw error;
	}
}

/** All of them, in the order in which they are done. */
export async function analyzeFiles(
	entries: readonly string[],
	analysis: FilesAnalysis,
	onFile: (entry: string, result: AnalysedFile) => void,
): Promise<void> {
	const queue = entries.values();
	const worker = async () => {
		for (const entry of queue) onFile(entry, await analyzeFile(entry, analysis));
	};
	await Promise.all(Array.from({ length: Math.min(analysis.parallel, entries.length) }, worker));
}

/** Sources of the root by their paths. */
function withPaths({ references, dynamic }: References): References {
	const path = (file: string) => (file.startsWith(LOCAL) ? file.slice(LOCAL.length) : file);
	return {
		references: references.map((reference) => ({ ...reference, file: path(reference.file) })),
		dynamic: dynamic.map((access) => ({ ...access, file: path(access.file) })),
	};
}
