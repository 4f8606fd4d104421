/**
 * Locates files of the package that run as separate programs: modules for Deno, and programs of threads and child
 * processes. Their paths depend on whether this code runs from `src/` (in tests) or bundled in `dist/`.
 */
import { fileURLToPath } from "node:url";

const OWN_SOURCE = "/src/platform/machine/assets.ts";

/** The package's folder as a URL with a slash at its end, and whether this code runs from `src/`. */
function locate(): { readonly root: string; readonly fromSource: boolean } {
	const url = import.meta.url;
	if (url.endsWith(OWN_SOURCE)) return { root: url.slice(0, 1 - OWN_SOURCE.length), fromSource: true };
	return { root: url.slice(0, url.lastIndexOf("/dist/") + 1), fromSource: false };
}

/**
 * The absolute path of a module that builds use as it is written.
 * @param name relative to `src/platform/runtime/host/`, such as `std-http.ts`
 */
export function hostPath(name: string): string {
	const { root, fromSource } = locate();
	return fileURLToPath(new URL(`${fromSource ? "src/platform/runtime/host" : "dist/host"}/${name}`, root));
}

/**
 * The absolute path of a program that is built into `dist/`. Tests also run it from there.
 * @param name such as `analysis.cjs`, or `host/main.js`
 */
export function builtPath(name: string): string {
	return fileURLToPath(new URL(`dist/${name}`, locate().root));
}
