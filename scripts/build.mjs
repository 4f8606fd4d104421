/**
 * Bundles `src/` into `dist/`: one entry for each command, so that a call loads that command's code and
 * nothing else, with what they share in chunks. Native and WebAssembly packages stay outside.
 *
 * Safe beside running and building processes: builders take turns under a lock, each file is written
 * aside and renamed, chunks carry their content's hash, and the fingerprint is written last.
 */
import {
	closeSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	unlinkSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { builtFingerprint, DIST, fingerprint, ROOT } from "./fresh.mjs";

const LOCK = join(DIST, ".lock");
/** A build takes about a second; a lock of this age was left behind. */
const LOCK_MAX_AGE_MS = 60_000;
/** A process that was started before a rebuild may still load its old chunks. */
const CHUNK_MAX_AGE_MS = 3_600_000;

/** Loaded from node_modules: native binaries, and packages that find files beside themselves. */
const EXTERNAL = ["keytar", "libsql", "oxc-parser", "deno", "typescript"];

/**
 * What oclif loads at each start (10 ms) and needs only to list commands without a manifest, to animate, or to
 * match the plugins' names, which are given in full here.
 */
const REPLACED = new Map([
	["tinyglobby", "module.exports = {};"],
	["cli-spinners", 'exports.dots2 = exports.line = { frames: ["-"] };'],
	["minimatch", "exports.minimatch = (name, pattern) => name === pattern;"],
]);

/** Trims oclif to what runs in a bundle. */
const slimOclif = {
	name: "slim-oclif",
	setup(build) {
		build.onResolve({ filter: /^@oclif\/core$/ }, () => ({ path: join(ROOT, "scripts/oclif.mjs") }));
		build.onResolve({ filter: /^(tinyglobby|cli-spinners|minimatch)$/ }, ({ path }) => ({
			path,
			namespace: "replaced",
		}));
		build.onLoad({ filter: /.*/, namespace: "replaced" }, ({ path }) => ({ contents: REPLACED.get(path) }));
	},
};

/** CommonJS packages inside an ES module expect these. */
const BANNER = [
	'import { createRequire as __createRequire } from "node:module";',
	"const require = __createRequire(import.meta.url);",
	"const __filename = import.meta.filename, __dirname = import.meta.dirname;",
].join("\n");

function filesBelow(folder, keep) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { withFileTypes: true })
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			return entry.isDirectory() ? filesBelow(path, keep) : keep(entry.name) ? [path] : [];
		})
		.sort();
}

function entryPoints() {
	const source = join(ROOT, "src");
	const entries = { main: join(source, "cli/main.ts") };
	for (const file of filesBelow(join(source, "commands"), (name) => name.endsWith(".ts"))) {
		entries[relative(source, file).slice(0, -".ts".length)] = file;
	}
	return entries;
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

function breakStaleLock() {
	try {
		const pid = Number(readFileSync(LOCK, "utf8"));
		const age = Date.now() - statSync(LOCK).mtimeMs;
		// An empty lock is one that is being written.
		const left = pid > 0 ? !isAlive(pid) || age > LOCK_MAX_AGE_MS : age > 1_000;
		if (left) rmSync(LOCK, { force: true });
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
	}
}

async function lock() {
	mkdirSync(DIST, { recursive: true });
	for (;;) {
		try {
			const file = openSync(LOCK, "wx");
			writeSync(file, String(process.pid));
			closeSync(file);
			return;
		} catch (error) {
			if (error.code !== "EEXIST") throw error;
			breakStaleLock();
			await sleep(25);
		}
	}
}

function writeWhole(path, contents) {
	if (existsSync(path) && Buffer.compare(readFileSync(path), Buffer.from(contents)) === 0) return;
	mkdirSync(dirname(path), { recursive: true });
	const aside = `${path}.${process.pid}.tmp`;
	writeFileSync(aside, contents);
	renameSync(aside, path);
}

function removeLeftovers(outputs) {
	const wanted = new Set(outputs);
	const now = Date.now();
	for (const path of filesBelow(DIST, (name) => name.endsWith(".js") || name.endsWith(".tmp"))) {
		if (wanted.has(path)) continue;
		const isChunk = dirname(path) === join(DIST, "chunks");
		if (isChunk && now - statSync(path).mtimeMs < CHUNK_MAX_AGE_MS) continue;
		unlinkSync(path);
	}
}

/** The files that Deno runs as they are. */
function copyHostFiles() {
	const from = join(ROOT, "src/platform/runtime/host");
	for (const file of filesBelow(from, (name) => name.endsWith(".ts") || name.endsWith(".json"))) {
		const to = join(DIST, "host", relative(from, file));
		mkdirSync(dirname(to), { recursive: true });
		copyFileSync(file, `${to}.${process.pid}.tmp`);
		renameSync(`${to}.${process.pid}.tmp`, to);
	}
}

/**
 * Bundles entry points (output name → source file) for `outdir`, without writing anything.
 * @returns the files, chunks first: so written, an entry never names a chunk that is not there yet
 */
export async function bundle(entryPoints, outdir) {
	const { build: esbuild } = await import("esbuild");
	const { outputFiles } = await esbuild({
		absWorkingDir: ROOT,
		entryPoints,
		outdir,
		bundle: true,
		splitting: true,
		format: "esm",
		platform: "node",
		target: "node20.19",
		chunkNames: "chunks/[name]-[hash]",
		external: EXTERNAL,
		plugins: [slimOclif],
		banner: { js: BANNER },
		minifySyntax: true,
		minifyWhitespace: true,
		legalComments: "none",
		logLevel: "silent",
		write: false,
	});
	const isChunk = ({ path }) => path.startsWith(join(outdir, "chunks"));
	return [...outputFiles.filter(isChunk), ...outputFiles.filter((file) => !isChunk(file))];
}

/** esbuild's errors as `file:line: text`, one a line. */
function explained(error) {
	if (!Array.isArray(error.errors)) return error;
	const lines = error.errors.map(({ location, text }) =>
		location ? `${location.file}:${location.line}: ${text}` : text,
	);
	return new Error(`The sources do not build.\n${lines.join("\n")}`);
}

/** Builds `dist/`; does nothing where another process has just done it. */
export async function build() {
	await lock();
	try {
		const inputs = fingerprint();
		if (builtFingerprint() === inputs) return;
		const files = await bundle(entryPoints(), DIST);
		for (const { path, contents } of files) writeWhole(path, contents);
		removeLeftovers(files.map(({ path }) => path));
		copyHostFiles();
		writeWhole(join(DIST, ".fingerprint"), inputs);
	} catch (error) {
		throw explained(error);
	} finally {
		rmSync(LOCK, { force: true });
	}
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await build().catch((error) => {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	});
}
