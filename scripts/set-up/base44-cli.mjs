/**
 * Downloads one version of the unmodified Base44 CLI for the tests, and checks its hash. The package is
 * unpacked and not installed: its bundle needs none of its dependencies for the tested commands, and one of
 * them is on no npm registry. Plain Node, because it runs at set-up.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = "0.1.18";
const SHA512 = "hEdlhAeieHN3EG/c4KpTN6cz1iRyfeO+gloprkGlYy1x7CIhyFDiM2CwfhegZpJuMPbojXrFprLBq0AFR+oc4g==";
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));
const FOLDER = join(CACHE, `base44-${VERSION}`);

/** The file that Node runs. It exists after `ensureBase44Cli` has returned. */
export const BASE44_CLI = join(FOLDER, "package", "bin", "run.js");

/** As `BASE44_CLI`, in half of the processor time. */
export const BASE44_COMPILED = fileURLToPath(new URL("./base44-compiled.cjs", import.meta.url));

function run(command, args, cwd) {
	const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
	if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr}`);
	return stdout;
}

/** Writes the bundle as a CommonJS module, for which Node can keep compiled code. */
async function writeCommonJs() {
	const file = join(FOLDER, "index.cjs");
	if (existsSync(file)) return;
	const { build } = await import("esbuild");
	const outfile = `${file}.${process.pid}`;
	await build({
		entryPoints: [join(FOLDER, "package/dist/cli/index.js")],
		outfile,
		format: "cjs",
		platform: "node",
		// Characters of one byte each, so that Node needs half of the memory for the text.
		charset: "ascii",
		define: { "import.meta.url": "BASE44_URL" },
		logLevel: "error",
	});
	renameSync(outfile, file);
}

/**
 * Downloads and unpacks it, if it is missing. @throws Error if the registry cannot be reached, or the hash is
 * wrong
 */
export async function ensureBase44Cli() {
	if (!existsSync(BASE44_CLI)) download();
	await writeCommonJs();
}

function download() {
	mkdirSync(CACHE, { recursive: true });
	const folder = mkdtempSync(join(CACHE, "base44-"));
	try {
		const archive = run("npm", ["pack", `base44@${VERSION}`, "--silent"], folder).trim();
		const hash = createHash("sha512")
			.update(readFileSync(join(folder, archive)))
			.digest("base64");
		if (hash !== SHA512) throw new Error(`base44@${VERSION} is not the archive that was tested.`);
		run("tar", ["xzf", archive], folder);
		rmSync(FOLDER, { recursive: true, force: true });
		renameSync(folder, FOLDER);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
