/** Resolves an import of a local package to a file, and makes the errors for imports that lead to none. Pure. */
import type { Resolution } from "../import-map.ts";
import { type ImportKind, mainFiles, resolveExport } from "./exports.ts";
import { folderAt } from "./folder-at.ts";
import { type LocalPackage, namesOf } from "./members.ts";

export interface ImportResolution {
	readonly resolution: Resolution | { readonly kind: "local fault"; readonly fault: LocalFault };
	/** Whether the entry's import maps alone would give another result, so that a bundler needs this one as a mapping. */
	readonly needsMapping: boolean;
}

/** Why an import of a local package failed. */
interface LocalFault {
	readonly code: "IMPORT_LOCAL_PACKAGE" | "IMPORT_OUTSIDE" | "IMPORT_NOT_FOUND" | "IMPORT_UNMAPPED";
	/** A clause that ends the message. */
	readonly why: string;
	readonly hint: string;
}

interface FileLookup {
	/** Whether the file exists. */
	has(path: string): boolean;
}

/** The hint for code outside the project. */
export const MOVE_HINT =
	"Make the folder that contains both the root of the project, with coffer.json and coffer.vault in it, or copy the package into the project.";

/** The result for an import that failed. @param why a clause that ends the message */
export function localFault(code: LocalFault["code"], why: string, hint: string): ImportResolution {
	return { resolution: { kind: "local fault", fault: { code, why, hint } }, needsMapping: true };
}

/**
 * Resolves an import of a local package to a file.
 * @param name the name by which it is imported
 * @param subpath the rest of the specifier: empty, or `/sub`
 */
export function packageFile(
	local: LocalPackage,
	name: string,
	subpath: string,
	kind: ImportKind,
	files: FileLookup,
): ImportResolution {
	const exportKey = subpath === "" || subpath === "/" ? "." : `.${subpath}`;
	const { folder, npm } = local;
	const manifest = exportingManifest(local, name);
	const exports = manifest?.value.get("exports");
	const where = folder || ".";
	if (manifest !== undefined && exports !== undefined && exports !== null) {
		const found = resolveExport(exports, exportKey, kind);
		if ("fault" in found) {
			const hint = `Import something that it exports, or add "${exportKey}" to the "exports" of ${manifest.path}.`;
			return localFault(
				"IMPORT_LOCAL_PACKAGE",
				`the package ${where} (${manifest.path}) ${found.fault}`,
				hint,
			);
		}
		const said = `"exports" of ${manifest.path} says ${JSON.stringify(found.target)}`;
		return fileOf(local, found.target, said, files);
	}
	if (exportKey !== ".") return fileOf(local, exportKey, `${where} has no "exports"`, files);
	const main = mainFiles(npm?.value ?? new Map(), kind).find((path) =>
		files.has(folderAt(folder, path) ?? ""),
	);
	if (main !== undefined) return fileOf(local, `./${main}`, "", files);
	const named = npm?.value.get("main") ?? npm?.value.get("module");
	if (typeof named === "string")
		return missingFile(local, `package.json says "main": ${JSON.stringify(named)}`);
	return missingFile(local, 'it has neither "exports" nor "main"');
}

/**
 * The manifest whose `exports` apply to a name. If the package has both manifests, it is the one with that name; the
 * deno.json, if both have the name and only the deno.json has `exports`.
 */
function exportingManifest(local: LocalPackage, name: string): LocalPackage["npm"] {
	const { deno, npm } = local;
	if (deno?.value.get("exports") === undefined) return npm;
	const isCalledByNpm = npm !== undefined && namesOf({ ...local, deno: undefined }).includes(name);
	return isCalledByNpm && npm.value.get("exports") !== undefined ? npm : deno;
}

/**
 * Resolves a path in a local package.
 * @param origin the beginning of the error's sentence, which says where the path comes from
 */
export function fileOf(
	local: LocalPackage,
	path: string,
	origin: string,
	files: FileLookup,
): ImportResolution {
	const target = folderAt(local.folder, path);
	if (target === undefined)
		return localFault("IMPORT_OUTSIDE", `${origin}, which leads out of the project`, MOVE_HINT);
	if (files.has(target)) return { resolution: { kind: "local", path: target }, needsMapping: true };
	return missingFile(local, `${origin}, but there is no file ${target}`);
}

function missingFile({ folder }: LocalPackage, why: string): ImportResolution {
	return localFault(
		"IMPORT_NOT_FOUND",
		`it is the package ${folder || "."} of this project, and its file was not found: ${why}`,
		"Build the package first, or change it to export its sources. Names of the project are never requested from a registry.",
	);
}
