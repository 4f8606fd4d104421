/** Identifies the fetched modules in a bundle by a hash that changes when they change. */
import { readBoundedSync } from "../bounded-file.ts";
import { FILE_BYTES_MAX } from "../modules/limits.ts";
import type { DenoModule } from "./deno-info.ts";
import { digestOf } from "./results.ts";

/**
 * The hash of a module and of all modules that it imports: exact versions of packages, contents of other
 * modules, and errors. Packages of one version never change.
 * @param modules the modules that Deno found, by specifier
 */
export function moduleIdentity(specifier: string, modules: ReadonlyMap<string, DenoModule>): string {
	const seen = new Set<string>();
	const parts: string[] = [];
	const stack = [specifier];
	for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
		if (seen.has(at)) continue;
		seen.add(at);
		const module = modules.get(at);
		parts.push(JSON.stringify([at, module && describe(module)]));
		if (module !== undefined) stack.push(...module.imports.values());
	}
	return digestOf(parts);
}

function describe(module: DenoModule): unknown[] {
	const { kind, specifier, imports, local, mediaType, packages, error } = module;
	const content = local === undefined ? "" : hashOfFile(local);
	return [kind, specifier, [...imports], mediaType, packages, error, content];
}

function hashOfFile(path: string): string {
	try {
		return digestOf([readBoundedSync(path, FILE_BYTES_MAX, { links: true })]);
	} catch {
		return "unreadable";
	}
}
