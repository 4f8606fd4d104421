/** Builds the programs of the nodes, with shorter times and, if wanted, with a planted bug. */
import { mkdirSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../../../../support/root.ts";

/** A text in a file, and what replaces it. */
export interface Replacement {
	readonly file: string;
	readonly text: string;
	readonly by: string;
}

/**
 * The same times in the same order, a third as long: so nodes notice faults, and take over, three times as often.
 * The clock is read more often, because it jumps more often. Streams of claims are full sooner.
 */
export const SHORTER: readonly Replacement[] = [
	{ file: "src/platform/nodes/takeover.ts", text: "PATIENCE_MS = 3_000", by: "PATIENCE_MS = 1_000" },
	{ file: "src/platform/nodes/nodes.ts", text: "LOOK_MS = 3_000", by: "LOOK_MS = 1_000" },
	{ file: "src/platform/nodes/presence.ts", text: "ANSWERING_MS = 10_000", by: "ANSWERING_MS = 3_500" },
	{ file: "src/platform/nodes/presence.ts", text: "const RENEW_MS = 3_000", by: "const RENEW_MS = 1_000" },
	{
		file: "src/platform/redeploy/rollout/rollouts.ts",
		text: "const TTL_MS = 10_000",
		by: "const TTL_MS = 3_500",
	},
	{
		file: "src/platform/redeploy/rollout/rollouts.ts",
		text: "const RENEW_MS = 3_000",
		by: "const RENEW_MS = 1_000",
	},
	{ file: "src/platform/schedule/scheduler.ts", text: "CLOCK_CHECK_MS = 60_000", by: "CLOCK_CHECK_MS = 300" },
	{ file: "src/platform/schedule/claims.ts", text: "CLAIMS_MAX = 1_000", by: "CLAIMS_MAX = 20" },
];

const PROGRAMS = [
	"host",
	"analysis.cjs",
	"check.cjs",
	"compute.cjs",
	"data-plane.cjs",
	"egress.cjs",
	"gateway.cjs",
];

export interface NodePrograms {
	/** The path of the program that runs a node. */
	readonly node: string;
	/** The path of the program that fills the package cache. */
	readonly fillCache: string;
}

/**
 * Builds the programs into a folder. @returns their paths
 * @throws Error if a text that is to be replaced does not occur exactly once
 */
export async function buildNode(folder: string, planted: readonly Replacement[] = []): Promise<NodePrograms> {
	// The folder in which the code looks for its other built files.
	mkdirSync(join(folder, "dist"), { recursive: true });
	for (const name of [...PROGRAMS, "kv.cjs"])
		symlinkSync(join(ROOT, "dist", name), join(folder, "dist", name));
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	const outdir = join(folder, "dist");
	const replacements = [...SHORTER, ...planted];
	await build({
		entryPoints: {
			node: join(ROOT, "test/torture/platform/nodes/cluster/node.program.ts"),
			"fill-cache": join(ROOT, "test/torture/platform/nodes/cluster/fill-cache.program.ts"),
		},
		outdir,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		packages: "external",
		platform: "node",
		format: "esm",
		target: "node20.19",
		logLevel: "silent",
		plugins: [
			{
				name: "replace",
				setup: ({ onLoad }) => {
					onLoad({ filter: /\/src\/platform\/.*\.ts$/ }, async ({ path }) => ({
						contents: replaced(relative(ROOT, path), await readFile(path, "utf8"), replacements),
						loader: "ts",
					}));
				},
			},
		],
	});
	return { node: join(outdir, "node.mjs"), fillCache: join(outdir, "fill-cache.mjs") };
}

function replaced(file: string, source: string, replacements: readonly Replacement[]): string {
	let contents = source;
	for (const { by, text } of replacements.filter((one) => one.file === file)) {
		if (contents.split(text).length !== 2) throw new Error(`${file} does not have the text once: ${text}`);
		contents = contents.replace(text, () => by);
	}
	return contents;
}
