/** Which file of a package of the project an import leads to, and what is said where that is none. Pure. */
import type { Resolution } from "../import-map.ts";
import { type ImportKind, mainFiles, resolveExport } from "./exports.ts";
import { folderAt } from "./folder-at.ts";
import { type LocalPackage, namesOf } from "./members.ts";

export interface ImportResolution {
	readonly resolution: Resolution | { readonly kind: "local fault"; readonly fault: LocalFault };
	/** Whether the entry's import maps alone would not say so: whoever follows only them has to be told. */
	readonly needsMapping: boolean;
}

/** Why a name that belongs to the project leads nowhere. */
interface LocalFault {
	readonly code: "IMPORT_LOCAL_PACKAGE" | "IMPORT_OUTSIDE" | "IMPORT_NOT_FOUND" | "IMPORT_UNMAPPED";
	/** Ends a sentence. */
	readonly why: string;
	readonly hint: string;
}

interface FileLookup {
	/** Whether there is such a file. */
	has(path: string): boolean;
}

/** What to do about code that lies outside. */
export const MOVE_HINT =
	"Make the folder that holds both the project, with coffer.json and coffer.vault in it, or copy the package into the project.";

/** An import that is refused. @param why ends a sentence */
export function localFault(code: LocalFault["code"], why: string, hint: string): ImportResolution {
	return { resolution: { kind: "local fault", fault: { code, why, hint } }, needsMapping: true };
}

/**
 * The file of a local package that an import leads to.
 * @param name as which it is imported
 * @param subpath what follows the name: empty, or `/sub`
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
			const hint = `Import what it exports, or add "${exportKey}" to the "exports" of ${manifest.path}.`;
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

/** Of a package with two manifests, the one by which it is called so; the deno.json, where it is called so by both and only that exports. */
function exportingManifest(local: LocalPackage, name: string): LocalPackage["npm"] {
	const { deno, npm } = local;
	if (deno?.value.get("exports") === undefined) return npm;
	const isCalledByNpm = npm !== undefined && namesOf({ ...local, deno: undefined }).includes(name);
	return isCalledByNpm && npm.value.get("exports") !== undefined ? npm : deno;
}

/**
 * A file of a local package by its path.
 * @param origin where the path comes from; a sentence continues behind it
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
	return missingFile(local, `${origin}, and there is no file ${target}`);
}

function missingFile({ folder }: LocalPackage, why: string): ImportResolution {
	return localFault(
		"IMPORT_NOT_FOUND",
		`it is the package ${folder || "."} of this project, and leads to no file: ${why}`,
		"Build the package first, or have it export its sources; a name of the project is never asked of a registry.",
	);
}
