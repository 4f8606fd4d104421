/** Finds the package of a source file, by its displayed path. */

/**
 * Paths of files from npm, JSR, the web or the platform. Names that only these read are reported as theirs.
 */
const DEPENDENCY_SCHEME = /^(?:npm|jsr|https?|coffer):/;
/** A file of a JSR package, on JSR's own host or another. */
const JSR_FILE = /^https?:\/\/[^/]+\/(@[^/@]+\/[^/@]+)\/(\d+\.\d+\.\d[^/]*)\//;

/**
 * The package of a file: `npm:openai@4.2.0` or `jsr:@std/path@1.0.0`. A web module is a separate package.
 * @param file the path of a reference
 * @returns undefined for the function's own files
 */
export function packageOf(file: string): string | undefined {
	if (!DEPENDENCY_SCHEME.test(file)) return undefined;
	const [, name, version] = JSR_FILE.exec(file) ?? [];
	if (name !== undefined) return `jsr:${name}@${version}`;
	return /^(?:npm|jsr):(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file;
}
