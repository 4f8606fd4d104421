/** One run of esbuild, with the options that all files of `dist/` for Node have in common. */
import { ROOT } from "../fresh.mjs";
import { hashOf } from "./trimmed.mjs";

/** Bundled code never loads these. (`@grpc/grpc-js` would, for services that Coffer does not use.) */
const EXTERNAL = ["typescript", "@grpc/proto-loader"];

const OPTIONS = {
	absWorkingDir: ROOT,
	bundle: true,
	format: "cjs",
	platform: "node",
	target: "node20.19",
	external: EXTERNAL,
	// Node's CommonJS has no import.meta. The banner defines its value.
	define: { "import.meta.url": "__url" },
	banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
	minifySyntax: true,
	minifyWhitespace: true,
	legalComments: "none",
	logLevel: "silent",
	write: false,
	metafile: true,
};

/**
 * The code with every non-ASCII character escaped, because V8 stores an ASCII text in half the memory.
 * esbuild escapes the contents of strings, but not of regular expressions.
 */
function asAscii(code) {
	return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Runs esbuild. @returns the code, and its input files */
export async function built(esbuild, options) {
	const { metafile, outputFiles } = await esbuild.build({ ...OPTIONS, ...options });
	return { code: asAscii(outputFiles[0].text), inputs: Object.keys(metafile.inputs) };
}

/**
 * A file's name with the hash of its contents, so that a process that starts during a build finds files that
 * match each other.
 */
export function hashed(name, code) {
	return `${name}-${hashOf(code)}.cjs`;
}
