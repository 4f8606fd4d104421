/**
 * `oclif.manifest.json` holds every command's help and flags, so that a call loads only its own command.
 * `docs/commands.md` is made from it. Run as a script this writes both files. With `--check` it writes nothing,
 * and fails if one of them is stale.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "../ensure-built.mjs";
import { ROOT } from "../fresh.mjs";
import { generateCommandsPage } from "./commands-page.mjs";

const MANIFEST = "oclif.manifest.json";
const COMMANDS_PAGE = "docs/commands.md";

/** @returns undefined if the file does not exist */
function readCurrent(path) {
	try {
		return readFileSync(join(ROOT, path), "utf8");
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
 * Makes the manifest's text for the package in a folder: loads each of its built commands.
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

/** The correct texts of both files: path → text. */
async function generateFiles() {
	const manifest = await generateManifest(ROOT);
	const { oclif } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	const page = await generateCommandsPage(JSON.parse(manifest), oclif.topics);
	return { [MANIFEST]: manifest, [COMMANDS_PAGE]: page };
}

/** The stale files: pairs of path and correct text. */
async function findStale() {
	return Object.entries(await generateFiles()).filter(([path, text]) => readCurrent(path) !== text);
}

/** Writes the manifest and the page of commands, if they have changed. */
export async function writeManifest() {
	for (const [path, text] of await findStale()) {
		const aside = join(ROOT, `${path}.${process.pid}.tmp`);
		mkdirSync(dirname(aside), { recursive: true });
		writeFileSync(aside, text);
		renameSync(aside, join(ROOT, path));
	}
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await ensureBuilt();
	if (process.argv.includes("--check")) {
		const names = (await findStale()).map(([path]) => path);
		if (names.length > 0) {
			process.stderr.write(`${names.join(" and ")}: stale. Run \`npm run build\` and commit the result.\n`);
			process.exitCode = 1;
		}
	} else {
		await writeManifest();
	}
}
