/** Whose a source file is, by the name that is shown of it. A leaf. */

/** From npm, JSR, the web or the platform itself: what such a module reads, it reads of its own accord. */
const DEPENDENCY_SCHEME = /^(?:npm|jsr|https?|coffer):/;
/** Also on another host than JSR's own. */
const JSR_FILE = /^https?:\/\/[^/]+\/(@[^/@]+\/[^/@]+)\/(\d+\.\d+\.\d[^/]*)\//;

/** The package of a file: `npm:openai@4.2.0`, `jsr:@std/path@1.0.0`; a module of the web is its own. Undefined for the function's own files. */
export function packageOf(file: string): string | undefined {
	if (!DEPENDENCY_SCHEME.test(file)) return undefined;
	const [, name, version] = JSR_FILE.exec(file) ?? [];
	if (name !== undefined) return `jsr:${name}@${version}`;
	return /^(?:npm|jsr):(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file;
}
