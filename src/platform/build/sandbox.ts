/**
 * Runs a build in a process that can read the upload, the package cache and the system's libraries, but not the
 * platform's data, its identity or `/proc`.
 *
 * The bundler puts files that its process can read into the bundle. So the process must not be able to read secrets.
 * There are four levels. Each level is tested, and the best one that works is used:
 *
 * - `bubblewrap`, `namespaces`: a file system with only the listed folders, no `/proc`, a process namespace, and no
 *   capabilities. They need `bwrap`, or `unshare` with root or user namespaces.
 * - `user`: an unprivileged uid, if the platform is root. Files that all users may read stay readable.
 * - `none`: only the checks before and after the build.
 *
 * Builds can write to the package cache. No code of a project or package runs during a build (no install scripts, no
 * plugins), so only a bug in Deno or esbuild could write a malicious file there. Builds share nothing except that
 * cache, so a function of one app is never built from another app's files.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { reachableBinary } from "../machine/reachable-binary.ts";
import {
	type Command,
	EXEC_AT_LOWER_PRIORITY,
	type Limits,
	type Outcome,
	runCommand,
} from "../machine/run-command.ts";
import { bubblewrapCommand, INNER, type Mount, namespacesCommand, systemMounts } from "./namespaces.ts";

export type SandboxLevel = "bubblewrap" | "namespaces" | "user" | "none";

export const SANDBOX_LEVELS: readonly SandboxLevel[] = ["bubblewrap", "namespaces", "user", "none"];

export interface SandboxOptions {
	/** Path of the native Deno binary. */
	deno: string;
	/** Absolute path of the builder's own folder. It is created if it does not exist. */
	directory: string;
	/** Absolute paths that a build must not read: the data directory, the identity file. */
	hidden: readonly string[];
	/** The environment variables that a build needs for network and certificates (`SSL_CERT_FILE`, `HTTPS_PROXY`, …), and no others. */
	environment: Readonly<Record<string, string>>;
	/** The maximum memory of each process of a build. Deno needs at least 700 MiB. */
	memoryBytesMax: number;
	/** The largest file that a build may write. */
	fileBytesMax: number;
	/** The levels that may be used, best first. */
	levels?: readonly SandboxLevel[];
}

export interface Sandbox {
	readonly level: SandboxLevel;
	/** The output of `deno --version`. */
	readonly denoVersion: string;
	/** The paths of the build's folder and of the cache inside the sandbox. */
	rootFor(build: string): { build: string; cache: string };
	/** Makes the sandbox's user the owner of new folders and files. */
	adopt(paths: readonly string[]): Promise<void>;
	/**
	 * Runs a command in `build/src`. `build/root` is an empty folder. In `args`, `DENO` stands for the path of Deno.
	 * @param build absolute path of the build's folder; the command can write only there and to the cache
	 */
	run(build: string, args: readonly string[], limits: Limits): Promise<Outcome>;
}

export const DENO = "\0deno";
const NOBODY = 65534;
/** The name of a file that no user can read. */
const BLANK = "blank";
/** The folder in which a level is tested. */
export const PROBE_PREFIX = "probe-";
const PROBE_LIMITS: Limits = { timeoutMs: 20_000, outputBytesMax: 4096 };

/** Exits with 9 if one of the arguments up to `--` can be read. Otherwise executes the remaining arguments. */
const PROBE = 'while [ "$1" != -- ]; do if [ -r "$1" ]; then exit 9; fi; shift; done; shift; exec "$@"';

/**
 * Finds the best level that works on this machine: Deno runs in it, and hidden files cannot be read.
 * @throws AppError `BUILD_SANDBOX` (exit 1) if no permitted level works
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
	mkdirSync(options.directory, { recursive: true });
	makeBlank(join(options.directory, BLANK));
	// Other platforms that share the folder may run in containers, with the same process id.
	const probe = mkdtempSync(join(options.directory, PROBE_PREFIX));
	try {
		return await openBestLevel(options, probe);
	} finally {
		rmSync(probe, { recursive: true, force: true });
	}
}

/** @param probe a folder for the tests @throws AppError `BUILD_SANDBOX` (exit 1) */
async function openBestLevel(options: SandboxOptions, probe: string): Promise<Sandbox> {
	const cache = join(options.directory, "cache");
	const folders = [cache, probe, join(probe, "src"), join(probe, "root")];
	const tried: string[] = [];
	for (const level of options.levels ?? SANDBOX_LEVELS) {
		if (level === "user" && process.getuid?.() !== 0) continue;
		const sandbox = sandboxAt(level, options, cache);
		discardForeign(cache, level);
		for (const path of folders) mkdirSync(path, { recursive: true, mode: 0o700 });
		await sandbox.adopt(folders);
		const unreadable = level === "none" ? [] : [...options.hidden, `/proc/${process.pid}/environ`];
		const args = ["/bin/sh", "-c", PROBE, "sh", ...unreadable, "--", DENO, "--version"];
		const { code, startError, stdout, stderr } = await sandbox.run(probe, args, PROBE_LIMITS);
		if (code === 0) return { ...sandbox, denoVersion: stdout.trim() };
		tried.push(
			`${level} (${startError ?? (code === 9 ? "hidden files can be read" : `exit ${code} ${stderr.trim().slice(-200)}`)})`,
		);
	}
	throw new AppError({
		code: "BUILD_SANDBOX",
		message: `Deno cannot be run to build functions: ${tried.join(", ")}.`,
		hint: "Install bubblewrap, or give the builder a folder that its user can reach.",
		exit: EXIT.failure,
	});
}

function sandboxAt(
	level: SandboxLevel,
	options: SandboxOptions,
	cache: string,
): Omit<Sandbox, "denoVersion"> {
	const isolated = level === "bubblewrap" || level === "namespaces";
	const deno = isolated
		? INNER.deno
		: level === "user"
			? reachableBinary(options.deno, options.directory)
			: options.deno;
	const rootFor = (build: string) =>
		isolated ? { build: INNER.build, cache: INNER.cache } : { build, cache };
	const commandFor = (build: string, args: readonly string[]): Command => {
		const root = rootFor(build);
		const environment = environmentFor(options, deno, root.cache, isolated ? "/tmp" : build);
		const limited = ["/bin/sh", "-c", limitScript(options), "sh", ...args];
		if (!isolated) {
			const user = level === "user" ? { uid: NOBODY, gid: NOBODY } : {};
			const [file = "", ...rest] = limited;
			return { file, args: rest, environment, cwd: join(build, "src"), ...user };
		}
		const mounts: Mount[] = [
			...systemMounts(options.hidden, Object.values(options.environment), join(options.directory, BLANK)),
			{ source: options.deno, target: INNER.deno, writable: false },
			{ source: cache, target: INNER.cache, writable: true },
			{ source: build, target: INNER.build, writable: true },
		];
		const wrap = level === "bubblewrap" ? bubblewrapCommand : namespacesCommand;
		return { ...wrap(mounts, limited, build), environment };
	};
	return {
		level,
		rootFor,
		adopt: async (paths) => {
			if (level === "user") for (const path of paths) await chown(path, NOBODY, NOBODY);
		},
		run: (build, args, limits) =>
			runCommand(
				commandFor(
					build,
					args.map((arg) => (arg === DENO ? deno : arg)),
				),
				limits,
			),
	};
}

function environmentFor(
	options: SandboxOptions,
	deno: string,
	cache: string,
	home: string,
): Record<string, string> {
	return {
		...options.environment,
		PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
		HOME: home,
		// The program in esbuild's place reads it (`./bundler.ts`).
		COFFER_BUILD_DENO: deno,
		DENO_DIR: cache,
		DENO_NO_UPDATE_CHECK: "1",
		DENO_NO_PROMPT: "1",
		NO_COLOR: "1",
	};
}

/** Sets limits that child processes inherit. The shell counts memory in KiB and file sizes in blocks of 512 bytes. */
function limitScript({ memoryBytesMax, fileBytesMax }: SandboxOptions): string {
	const data = Math.ceil(memoryBytesMax / 1024);
	const file = Math.ceil(fileBytesMax / 512);
	return `ulimit -c 0; ulimit -f ${file}; ulimit -d ${data}; ${EXEC_AT_LOWER_PRIORITY}`;
}

/** Removes a cache that belongs to the user of another level, because this level's user could not write to it. */
function discardForeign(cache: string, level: SandboxLevel): void {
	const owner = level === "user" ? NOBODY : process.getuid?.();
	const stats = statSync(cache, { throwIfNoEntry: false });
	if (stats !== undefined && stats.uid !== owner) rmSync(cache, { recursive: true, force: true });
}

/** Makes the file that no user can read, unless it exists. Others may make it at the same time. */
function makeBlank(path: string): void {
	try {
		writeFileSync(path, "", { mode: 0, flag: "wx" });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
}
