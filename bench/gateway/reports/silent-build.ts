/** A copy of the program whose gateway reports none of its requests. Everything else is the same. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, build as run } from "esbuild";
import type { BenchContext } from "../../harness.ts";

const GATEWAY = "src/platform/data-plane/gateway/gateway-program.ts";
const PUBLISHED = ["bin", "package.json", "oclif.manifest.json", "dist"];

/** Puts another class in the place of the one that collects reports. It has none of the gateway's callbacks. */
const withoutReports: Plugin = {
	name: "without-reports",
	setup(build) {
		build.onLoad({ filter: /data-plane\/gateway\/reports\.ts$/ }, () => ({
			contents: "export class Reports { flush() {} }",
		}));
	},
};

/** Writes the copy. @returns the path of its `bin/run.js` */
export async function silentBuild({ folder, root }: BenchContext): Promise<string> {
	const copy = join(folder, "silent-build");
	mkdirSync(copy);
	for (const name of PUBLISHED) cpSync(join(root, name), join(copy, name), { recursive: true });
	symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
	const { outputFiles } = await run({
		entryPoints: [join(root, GATEWAY)],
		bundle: true,
		format: "cjs",
		platform: "node",
		target: "node20.19",
		define: { "import.meta.url": "__url" },
		banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
		minifySyntax: true,
		minifyWhitespace: true,
		write: false,
		plugins: [withoutReports],
	});
	writeFileSync(join(copy, "dist/gateway.cjs"), outputFiles[0]?.text ?? "");
	return join(copy, "bin/run.js");
}
