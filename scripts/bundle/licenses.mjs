/**
 * The licences of the packages whose code is in `dist/`. Most licences must be distributed together with the
 * code.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../fresh.mjs";

/** The folder of the package that a bundled file is from; undefined for Coffer's own files. */
function packageFolder(input) {
	return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function licenseText(folder) {
	const name = readdirSync(join(ROOT, folder)).find((file) => /^(licen[sc]e|copying)/i.test(file));
	return name === undefined ? undefined : readFileSync(join(ROOT, folder, name), "utf8").trim();
}

/**
 * @param inputs paths of bundled files from the project's root, as esbuild's metafile has them
 * @returns each package's name, version, licence and, where the package has one, its text
 */
export function licensesOf(inputs) {
	const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
	const parts = [...folders].map((folder) => {
		const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
		return [`${name} ${version} (${license})`, licenseText(folder)].filter(Boolean).join("\n\n");
	});
	return `${[...new Set(parts)].sort().join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
