/**
 * Resolves the entry points of a package as Node and Deno do: `exports` and `imports` with conditions and patterns, and
 * `main` and `module`. Pure.
 */
import type { Jsonc } from "../jsonc.ts";
import type { Manifest } from "./manifests.ts";

/** Whether a module is imported or required. */
export type ImportKind = "import" | "require";

/** A target as the package.json contains it, or the reason why there is none, as a clause that ends a sentence. */
export type Target = { readonly target: string } | { readonly fault: string };

function conditionsOf(kind: ImportKind): ReadonlySet<string> {
	return new Set(["deno", "node", kind, "default"]);
}

/**
 * Resolves a subpath with a package's `exports`.
 * @param subpath `.` or `./name`
 */
export function resolveExport(exports: Jsonc, subpath: string, kind: ImportKind): Target {
	const map =
		exports instanceof Map && [...exports.keys()].some((key) => key.startsWith(".")) ? exports : undefined;
	const table: Manifest = (map as Manifest | undefined) ?? new Map([[".", exports]]);
	const found = matchTarget(table, subpath, kind);
	if (found === undefined)
		return { fault: `does not export "${subpath}"; it exports ${listOf([...table.keys()])}` };
	if (typeof found !== "string")
		return { fault: `exports nothing as "${subpath}" under the conditions deno, node, ${kind} and default` };
	return isInside(found)
		? { target: found }
		: { fault: `exports "${subpath}" as ${JSON.stringify(found)}, which is not a file of the package` };
}

/**
 * Resolves a name that begins with `#` with a package's `imports`: to a file of the package, or another specifier.
 * @returns undefined if the name is not in `imports`
 */
export function resolvePackageImport(
	imports: Jsonc | undefined,
	name: string,
	kind: ImportKind,
): Target | undefined {
	if (!(imports instanceof Map)) return undefined;
	const found = matchTarget(imports as Manifest, name, kind);
	if (found === undefined) return undefined;
	if (typeof found !== "string")
		return { fault: `maps "${name}" to nothing under the conditions deno, node, ${kind} and default` };
	const isFile = found.startsWith(".");
	if (isFile ? isInside(found) : !found.startsWith("#") && !found.startsWith("/")) return { target: found };
	return { fault: `maps "${name}" to ${JSON.stringify(found)}, which is not a file of the package` };
}

/** The candidates for the main file of a package without `exports`, in order of priority. */
export function mainFiles(manifest: Manifest, kind: ImportKind): string[] {
	const fields = kind === "import" ? ["module", "main"] : ["main"];
	const named = fields
		.map((field) => manifest.get(field))
		.filter((value): value is string => typeof value === "string" && value !== "");
	const withEnds = named.flatMap((path) =>
		["", ".js", ".json", ".ts", "/index.js", "/index.ts"].map((end) => path.replace(/\/$/, "") + end),
	);
	return [...withEnds, "index.js", "index.ts"];
}

/**
 * Looks a name up in a table of exports or imports and applies the conditions. Null if the target is explicitly null;
 * undefined if the name is not in the table or no condition matches.
 */
function matchTarget(table: Manifest, name: string, kind: ImportKind): string | null | undefined {
	const exact = name.includes("*") ? undefined : table.get(name);
	if (exact !== undefined) return applyConditions(exact, conditionsOf(kind), "");
	const matching = [...table.keys()].filter(
		(key) => key.split("*").length === 2 && matchesPattern(key, name),
	);
	const [best] = matching.sort((a, b) => b.indexOf("*") - a.indexOf("*") || b.length - a.length);
	if (best === undefined) return undefined;
	const star = best.indexOf("*");
	const rest = name.slice(star, name.length - (best.length - star - 1));
	return applyConditions(table.get(best) ?? null, conditionsOf(kind), rest);
}

function matchesPattern(pattern: string, name: string): boolean {
	const [before = "", after = ""] = pattern.split("*");
	return name.startsWith(before) && name.endsWith(after) && name.length > before.length + after.length;
}

/** The first target whose condition is met; null if that target is null. */
function applyConditions(
	value: Jsonc,
	conditions: ReadonlySet<string>,
	rest: string,
): string | null | undefined {
	if (typeof value === "string") return value.replaceAll("*", () => rest);
	if (value === null) return null;
	if (Array.isArray(value)) {
		const found = value
			.map((item) => applyConditions(item, conditions, rest))
			.filter((item) => item !== undefined);
		return found.find((item) => item !== null) ?? found[0];
	}
	if (!(value instanceof Map)) return undefined;
	for (const [condition, item] of value as Manifest) {
		const found = conditions.has(condition) ? applyConditions(item, conditions, rest) : undefined;
		if (found !== undefined) return found;
	}
	return undefined;
}

/** Whether a target is below the package's folder, but not in a `node_modules` there. */
function isInside(target: string): boolean {
	if (!target.startsWith("./")) return false;
	return !target
		.slice(2)
		.split(/[/\\]/)
		.some((segment) => /^(\.|%2e){1,2}$|^node_modules$|%2f|%5c|\0/i.test(segment));
}

function listOf(keys: readonly string[]): string {
	const shown = keys
		.slice(0, 10)
		.map((key) => JSON.stringify(key))
		.join(", ");
	return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown || "nothing";
}
