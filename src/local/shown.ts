/** The names of modules in output. Pure. */

const PACKAGE_FILE = /\/node_modules\/\.deno\/([^/]+)\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/;
/**
 * The name of a module that is not a file of the sources: `npm:chalk@5.6.2/source/index.js`, a URL, `coffer:…`.
 * @param source the bundler's name
 * @param folder of packages
 * @returns undefined for a file
 */
export function shownSource(source: string, folder: string): string | undefined {
	if (source.startsWith("remote:")) return source.slice("remote:".length);
	if (source.startsWith("coffer:")) return source;
	if (!`/${source}`.startsWith(`${folder}/`)) return undefined;
	const [, store = "", name = "", file = ""] = PACKAGE_FILE.exec(source) ?? [];
	// `@scope+name@1.2.3_peer@4`: only the version after the name is used.
	const version = store.slice(name.length + 1).replace(/_.*$/, "");
	return `npm:${name}@${version}/${file}`;
}

/** A source map with other names of its sources. @param shown returns a source's name */
export function withShownSources(sourceMap: string, shown: (source: string) => string): string {
	const map = JSON.parse(sourceMap) as { sources: string[] };
	return JSON.stringify({ ...map, sources: map.sources.map((source) => shown(decoded(source))) });
}

/** The bundler encodes paths as in URLs. Other sources are unchanged. */
function decoded(source: string): string {
	if (/^(?:remote|coffer):/.test(source)) return source;
	try {
		return decodeURIComponent(source);
	} catch {
		return source;
	}
}
