/** Reads the packages of Deno's cache. */
import type { PackageFiles, PackageManifest } from "../../../../modules/packages/entry-points.ts";

/** The manifests that were read. The packages of a cache do not change. */
const manifests = new Map<string, PackageManifest>();

function readManifest(folder: string): PackageManifest {
	try {
		return JSON.parse(Deno.readTextFileSync(`${folder}/package.json`)) ?? {};
	} catch {
		return {};
	}
}

export const cacheFiles: PackageFiles = {
	manifestOf(folder) {
		const known = manifests.get(folder) ?? readManifest(folder);
		manifests.set(folder, known);
		return known;
	},
	isFile(path, folder) {
		try {
			const isInside = Deno.realPathSync(path).startsWith(`${Deno.realPathSync(folder)}/`);
			return isInside && Deno.statSync(path).isFile;
		} catch {
			return false;
		}
	},
	textOf: (path) => Deno.readTextFileSync(path),
};

/** The folder of the package that contains a file. @param cache Deno's cache */
export function packageOf(path: string, cache: string): string | undefined {
	const packages = `${cache}/npm/`;
	if (!path.startsWith(packages)) return undefined;
	const folder = /^.+?\/(?:@[^/]+\/)?[^/@]+\/\d[^/]*(?=\/)/.exec(path.slice(packages.length))?.[0];
	return folder && packages + folder;
}
