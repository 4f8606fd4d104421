/** Which file of a package of the project an import leads to, and what is said where that is none. Pure. */
import type { Resolution } from "../import-map.ts";
import { exported, type Manner, mainFiles } from "./exports.ts";
import { folderAt } from "./folder-at.ts";
import { type LocalPackage, namesOf } from "./members.ts";

export interface Meaning {
	readonly resolution: Resolution | { readonly kind: "local fault"; readonly fault: LocalFault };
	/** Whether the entry's import maps alone would not say so: whoever follows only them has to be told. */
	readonly isTold: boolean;
}

/** Why a name that belongs to the project leads nowhere. */
interface LocalFault {
	readonly code: "IMPORT_LOCAL_PACKAGE" | "IMPORT_OUTSIDE" | "IMPORT_NOT_FOUND" | "IMPORT_UNMAPPED";
	/** Ends a sentence. */
	readonly why: string;
	readonly hint: string;
}

interface Files {
	/** Whether there is such a file. */
	has(path: string): boolean;
}

/** What to do about code that lies outside. */
export const MOVE =
	"Make the folder that holds both the project, with coffer.json and coffer.vault in it, or copy the package into the project.";

/** An import that is refused. @param why ends a sentence */
export function fault(code: LocalFault["code"], why: string, hint: string): Meaning {
	return { resolution: { kind: "local fault", fault: { code, why, hint } }, isTold: true };
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
	manner: Manner,
	files: Files,
): Meaning {
	const wanted = subpath === "" || subpath === "/" ? "." : `.${subpath}`;
	const { folder, npm } = local;
	const manifest = exportingManifest(local, name);
	const exports = manifest?.value.get("exports");
	const where = folder || ".";
	if (manifest !== undefined && exports !== undefined && exports !== null) {
		const found = exported(exports, wanted, manner);
		if ("fault" in found) {
			const hint = `Import what it exports, or add "${wanted}" to the "exports" of ${manifest.path}.`;
			return fault("IMPORT_LOCAL_PACKAGE", `the package ${where} (${manifest.path}) ${found.fault}`, hint);
		}
		const said = `"exports" of ${manifest.path} says ${JSON.stringify(found.target)}`;
		return fileOf(local, found.target, said, files);
	}
	if (wanted !== ".") return fileOf(local, wanted, `${where} has no "exports"`, files);
	const main = mainFiles(npm?.value ?? new Map(), manner).find((path) =>
		files.has(folderAt(folder, path) ?? ""),
	);
	if (main !== undefined) return fileOf(local, `./${main}`, "", files);
	const named = npm?.value.get("main") ?? npm?.value.get("module");
	if (typeof named === "string") return missing(local, `package.json says "main": ${JSON.stringify(named)}`);
	return missing(local, 'it has neither "exports" nor "main"');
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
 * @param said where the path comes from; a sentence continues behind it
 */
export function fileOf(local: LocalPackage, path: string, said: string, files: Files): Meaning {
	const target = folderAt(local.folder, path);
	if (target === undefined) return fault("IMPORT_OUTSIDE", `${said}, which leads out of the project`, MOVE);
	if (files.has(target)) return { resolution: { kind: "local", path: target }, isTold: true };
	return missing(local, `${said}, and there is no file ${target}`);
}

function missing({ folder }: LocalPackage, why: string): Meaning {
	return fault(
		"IMPORT_NOT_FOUND",
		`it is the package ${folder || "."} of this project, and leads to no file: ${why}`,
		"Build the package first, or have it export its sources; a name of the project is never asked of a registry.",
	);
}
