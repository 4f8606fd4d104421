/** Runs a TypeScript file of the tests as a separate process, like the command line: bundled, on plain Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { ROOT } from "./root.ts";

export interface ProcessResult {
	/** Null if a signal ended it, for example after `timeoutMs`. */
	status: number | null;
	signal: string | null;
	stdout: string;
	stderr: string;
}

export interface Program extends AsyncDisposable {
	/**
	 * Runs it to its end, with this environment. It inherits only PATH.
	 * @param timeoutMs the time after which it is killed
	 */
	run(args: string[], env: Record<string, string>, timeoutMs: number): Promise<ProcessResult>;
}

/** Replacement texts of files, by path below src/project: a planted bug. */
type Replaced = Readonly<Record<string, string>>;

/**
 * Bundles a file without its packages, because some are native. @param entry path from the repository's root
 */
export async function bundleFor(
	entry: string,
	outfile: string,
	{ format = "esm", replaced = {} }: { format?: "esm" | "cjs"; replaced?: Replaced } = {},
): Promise<void> {
	await build({
		entryPoints: [join(ROOT, entry)],
		outfile,
		bundle: true,
		packages: "external",
		platform: "node",
		format,
		target: "node20.19",
		logLevel: "silent",
		plugins: [
			{
				name: "plant",
				setup: ({ onLoad }) => {
					for (const [name, contents] of Object.entries(replaced)) {
						const file = join(ROOT, "src/project", name);
						if (!existsSync(file)) throw new Error(`There is no ${file} to replace.`);
						onLoad({ filter: /\.ts$/ }, ({ path }) => (path === file ? { contents } : undefined));
					}
				},
			},
		],
	});
}

/** Bundles a file as a separate program. @param entry path from the repository's root */
export async function bundledProgram(entry: string, replaced: Replaced = {}): Promise<Program> {
	const folder = await mkdtemp(join(tmpdir(), "coffer-program-"));
	await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
	const outfile = join(folder, "program.mjs");
	await bundleFor(entry, outfile, { replaced });
	return {
		run: async (args, env, timeoutMs) => {
			const child: ChildProcess = spawn(process.execPath, [outfile, ...args], {
				env: { PATH: process.env.PATH, ...env },
				stdio: ["ignore", "pipe", "pipe"],
				timeout: timeoutMs,
				killSignal: "SIGKILL",
			});
			const [[status, signal], stdout, stderr] = await Promise.all([
				once(child, "close") as Promise<[number | null, string | null]>,
				child.stdout ? text(child.stdout) : "",
				child.stderr ? text(child.stderr) : "",
			]);
			return { status, signal, stdout, stderr };
		},
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
	};
}
