/**
 * Finds the native Deno binary. The npm package `deno` starts it through a Node script. If that script is
 * killed, the real process keeps running, so the script is never used.
 */
import { execFile } from "node:child_process";
import { access, constants, open, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { AppError, EXIT } from "../../errors.ts";

/** The oldest supported version. Older ones do not check resolved addresses against `--deny-net`. */
const OLDEST = { major: 2, minor: 9 };

export interface DenoSearch {
	/** The value of `COFFER_DENO`. If it is set, no other path is searched. */
	explicit?: string | undefined;
	/** The value of `PATH`. */
	searchPath?: string | undefined;
}

async function isNativeBinary(path: string): Promise<boolean> {
	try {
		await access(path, constants.X_OK);
		const file = await open(path);
		try {
			const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
			return bytesRead === 2 && buffer.toString("latin1") !== "#!";
		} finally {
			await file.close();
		}
	} catch {
		return false;
	}
}

/** The possible paths of the npm package's binary for this machine. The package may be nested below `deno`. */
function npmCandidates(): string[] {
	const { platform, arch } = process;
	const targets = platform === "linux" ? ["glibc", "musl"].map((libc) => `${arch}-${libc}`) : [arch];
	const executable = platform === "win32" ? "deno.exe" : "deno";
	const own = createRequire(import.meta.url);
	const resolvers = [own];
	const found: string[] = [];
	try {
		resolvers.push(createRequire(own.resolve("deno/package.json")));
	} catch {
		// The package is not installed.
	}
	for (const resolver of resolvers) {
		for (const target of targets) {
			try {
				const manifest = resolver.resolve(`@deno/${platform}-${target}/package.json`);
				found.push(join(dirname(manifest), executable));
			} catch {
				// The package has no binary for this target, or is installed elsewhere.
			}
		}
	}
	return found;
}

/** The versions of binaries that this process has asked: file and its state → version. */
const versions = new Map<string, string>();

/** The version that a binary prints, if it is a supported one. It is asked again once the file has changed. */
async function supportedVersion(binary: string): Promise<string | undefined> {
	try {
		const { dev, ino, mtimeMs, size } = await stat(binary);
		const key = JSON.stringify([binary, dev, ino, mtimeMs, size]);
		const known = versions.get(key);
		if (known !== undefined) return known;
		const { stdout } = await promisify(execFile)(binary, ["--version"], { env: {} });
		const [, version, major, minor] = /^deno ((\d+)\.(\d+)\.\S*)/.exec(stdout) ?? [];
		const difference = Number(major) - OLDEST.major;
		const isRecent = difference > 0 || (difference === 0 && Number(minor) >= OLDEST.minor);
		if (version === undefined || !isRecent) return undefined;
		versions.set(key, version);
		return version;
	} catch {
		return undefined;
	}
}

function notFound(message: string): AppError {
	return new AppError({
		code: "DENO_NOT_FOUND",
		message,
		hint:
			"Set COFFER_DENO to the path of a native Deno binary, put one on the PATH, " +
			"or install the npm package beside Coffer: npm install --global deno",
		exit: EXIT.failure,
	});
}

/** A native Deno binary, and its version. */
export interface FoundDeno {
	readonly path: string;
	readonly version: string;
}

/**
 * Finds a native Deno binary of a supported version: the explicit one, otherwise the first on the search path,
 * otherwise the npm package's.
 * @throws AppError `DENO_NOT_FOUND` (exit 1)
 */
export async function findDenoWithVersion(search: DenoSearch = {}): Promise<FoundDeno> {
	const oldest = `${OLDEST.major}.${OLDEST.minor}`;
	const { explicit } = search;
	if (explicit !== undefined && explicit !== "") {
		const version = (await isNativeBinary(explicit)) ? await supportedVersion(explicit) : undefined;
		if (version !== undefined) return { path: explicit, version };
		throw notFound(
			`COFFER_DENO names ${explicit}, which is not a native Deno binary of version ${oldest} or later.`,
		);
	}
	const folders = (search.searchPath ?? "").split(delimiter).filter((folder) => folder !== "");
	const executable = process.platform === "win32" ? "deno.exe" : "deno";
	for (const path of [...folders.map((folder) => join(folder, executable)), ...npmCandidates()]) {
		const version = (await isNativeBinary(path)) ? await supportedVersion(path) : undefined;
		if (version !== undefined) return { path, version };
	}
	throw notFound(`No native Deno binary of version ${oldest} or later was found.`);
}

/** The path that `findDenoWithVersion` finds. @throws AppError `DENO_NOT_FOUND` (exit 1) */
export async function findDeno(search: DenoSearch = {}): Promise<string> {
	return (await findDenoWithVersion(search)).path;
}
