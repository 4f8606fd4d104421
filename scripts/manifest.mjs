/**
 * `oclif.manifest.json` holds every command's help and flags, so that a call loads only its own command.
 * Run as a script it writes the file; with `--check` it fails where the file is stale, and writes nothing.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "./ensure-built.mjs";
import { ROOT } from "./fresh.mjs";

const MANIFEST = join(ROOT, "oclif.manifest.json");

function current() {
	try {
		return readFileSync(MANIFEST, "utf8");
	} catch {
		return undefined;
	}
}

/** Objects with their keys in order, so that equal manifests are equal text. */
function sorted(value) {
	if (Array.isArray(value)) return value.map(sorted);
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(
		Object.entries(value)
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([key, child]) => [key, sorted(child)]),
	);
}

/**
 * The manifest's text as it should be for the package in a folder: loads each of its built commands.
 * @param root the folder of package.json and dist/
 */
export async function generateManifest(root) {
	const { Plugin } = await import("@oclif/core/config");
	const { settings } = await import("@oclif/core/settings");
	settings.enableAutoTranspile = false;
	const plugin = new Plugin({
		root,
		isRoot: true,
		ignoreManifest: true,
		errorOnManifestCreate: true,
		respectNoCacheDefault: true,
	});
	await plugin.load();
	return `${JSON.stringify(sorted(plugin.manifest), undefined, "\t")}\n`;
}

/** Writes the manifest where it has changed. */
export async function writeManifest() {
	const text = await generateManifest(ROOT);
	if (current() === text) return;
	const aside = `${MANIFEST}.${process.pid}.tmp`;
	writeFileSync(aside, text);
	renameSync(aside, MANIFEST);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await ensureBuilt();
	if (!process.argv.includes("--check")) {
		await writeManifest();
	} else if (current() !== (await generateManifest(ROOT))) {
		process.stderr.write("oclif.manifest.json is stale: run `npm run build` and commit it.\n");
		process.exitCode = 1;
	}
}
