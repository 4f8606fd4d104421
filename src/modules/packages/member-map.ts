/** The import map of a local package, which applies to its own modules. Pure. */
import { type ImportMap, normalise, normaliseEntries } from "../import-map.ts";
import { objectOf, stringsOf } from "../jsonc.ts";
import type { LocalPackage } from "./members.ts";

/** By the parsed file and its folder, because equal files in two folders share the parsed object. */
const maps = new WeakMap<object, Map<string, ImportMap>>();

/** The `imports` and `scopes` of the package's deno.json; undefined if it has no deno.json. */
export function memberMap({ deno, folder }: LocalPackage): ImportMap | undefined {
	if (deno === undefined) return undefined;
	const byFolder = maps.get(deno.value) ?? new Map<string, ImportMap>();
	const known = byFolder.get(folder);
	if (known !== undefined) return known;
	const scopes = [...objectOf(deno.value.get("scopes"))].map(
		([scope, mapping]) => [normalise(scope, folder), normaliseEntries(stringsOf(mapping), folder)] as const,
	);
	const map = {
		imports: normaliseEntries(stringsOf(deno.value.get("imports")), folder),
		scopes: new Map(scopes),
	};
	maps.set(deno.value, byFolder.set(folder, map));
	return map;
}
