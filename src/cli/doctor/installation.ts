/** Checks of the installation: optional packages, Deno, the shell's completion. */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readBoundedSync } from "../../bounded-file.ts";
import { AppError } from "../../errors.ts";
import { shellWord } from "../../printable.ts";
import { isShell, type Shell } from "../completion/scripts.ts";
import { type Environment, inheritedEnvironment, readShell } from "../shell/process-environment.ts";
import { type Fixable, ok, warning } from "./check.ts";

/** The folder in which Coffer is installed: the one above this module that has the program's start. */
export function installationFolder(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "bin", "run.js")) && dirname(folder) !== folder) folder = dirname(folder);
	return realpathSync(folder);
}

/** What each optional package is for. */
const PACKAGES: Readonly<Record<string, string>> = {
	esbuild: "the analysis of functions on this machine",
	libsql: "a platform's store, and the vault's lock on Node 20",
	"oxc-parser": "the analysis of functions, and a platform's builds",
};

/** Whether Node finds a package, with its binary for this machine. @param from resolves as the installation does */
function isUsable(from: NodeJS.Require, name: string): boolean {
	try {
		// Its main module loads the binary only when it is used.
		if (name === "esbuild")
			createRequire(from.resolve(name)).resolve(`@esbuild/${process.platform}-${process.arch}/package.json`);
		else from(name);
		return true;
	} catch {
		return false;
	}
}

/** Checks the optional packages. @param root the folder of the installation */
export function checkPackages(root: string): Fixable {
	const from = createRequire(join(root, "package.json"));
	const missing = Object.entries(PACKAGES).filter(([name]) => !isUsable(from, name));
	if (missing.length === 0) return ok("packages", "The optional packages are installed.");
	const words = missing.map(([name, use]) => `${name} (for ${use})`).join(", ");
	const remedy = `npm install --prefix ${shellWord(root)} --omit=dev --include=optional --no-save`;
	return warning("packages", `These optional packages are not installed for this machine: ${words}.`, remedy);
}

/** Checks Deno, which `coffer dev` and a platform need. */
export async function checkDeno(environment: Environment): Promise<Fixable> {
	const { findDenoWithVersion } = await import("../../local/dev/deno.ts");
	try {
		const search = { explicit: environment.denoPath, searchPath: inheritedEnvironment()["PATH"] };
		const { path, version } = await findDenoWithVersion(search);
		return ok("deno", `Deno ${version} is at ${path}.`);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const remedy = environment.denoPath === undefined ? "npm install --global deno" : "unset COFFER_DENO";
		return warning("deno", `${error.message} 'coffer dev' and a platform on this machine need it.`, remedy);
	}
}

/** The files that may enable completion, from the home folder, and the command that enables it. */
const COMPLETION: Readonly<Record<Shell, { readonly files: readonly string[]; readonly remedy: string }>> = {
	bash: {
		files: [".bashrc", ".bash_profile", ".profile", ".bash_completion"],
		remedy: "echo 'source <(coffer completion bash)' >> ~/.bashrc",
	},
	zsh: {
		files: [".zshrc", ".zprofile", ".zshenv"],
		remedy: "echo 'source <(coffer completion zsh)' >> ~/.zshrc",
	},
	fish: {
		files: [".config/fish/config.fish", ".config/fish/completions/coffer.fish"],
		remedy:
			"mkdir -p ~/.config/fish/completions && coffer completion fish > ~/.config/fish/completions/coffer.fish",
	},
};
const SETTINGS_BYTES = 1024 * 1024;

function mentionsCompletion(path: string): boolean {
	try {
		const text = readBoundedSync(path, SETTINGS_BYTES, { links: true }).toString("utf8");
		return /coffer completion|coffer complete|_coffer/.test(text);
	} catch {
		return false;
	}
}

/** Checks that the user's shell completes commands. Nothing is said of a shell that Coffer has no completion for. */
export function checkCompletion(): Fixable[] {
	const { home, name } = readShell();
	if (name === undefined || !isShell(name)) return [];
	const { files, remedy } = COMPLETION[name];
	if (files.some((file) => mentionsCompletion(join(home, file))))
		return [ok("completion", `The Tab key completes commands in ${name}.`)];
	return [warning("completion", `The Tab key does not complete commands in ${name}.`, remedy)];
}
