/**
 * Writes `dist/` from `src/`; `bundle.mjs` makes its contents. * Safe while other processes run or build:
 * builders take turns under a lock, each file is written under a temporary name and renamed, the bundle's
 * name has the hash of its contents, and the fingerprint is written last.
 */
import {
	closeSync,
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
import { basename, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle/bundle.mjs";
import { builtFingerprint, DIST, fingerprint, ROOT } from "./fresh.mjs";

const LOCK = join(DIST, ".lock");
/**
 * A build takes a few seconds at most. A lock of this age was left behind, and its process id now belongs to
 * another process.
 */
const LOCK_MAX_AGE_MS = 300_000;
const BUNDLE_KEPT_MS = 60_000;

function filesBelow(folder, keep) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { withFileTypes: true })
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			return entry.isDirectory() ? filesBelow(path, keep) : keep(entry.name) ? [path] : [];
		})
		.sort();
}

/** Every command's name (`secrets/set`) with its source file. As in oclif, `doctor/index.ts` is the command `doctor`. */
function findCommands() {
	const folder = join(ROOT, "src/commands");
	const files = filesBelow(folder, (name) => name.endsWith(".ts"));
	return Object.fromEntries(
		files.map((file) => [
			relative(folder, file)
				.slice(0, -".ts".length)
				.replaceAll("\\", "/")
				.replace(/\/index$/, ""),
			file,
		]),
	);
}

/** The programs of this checkout that are not commands. */
function findPrograms() {
	const programs = {
		"analysis.cjs": "src/platform/build/analysis-worker.ts",
		"check.cjs": "src/platform/build/check/check-program.ts",
		"compute.cjs": "src/platform/threads/compute-worker.ts",
		"data-plane.cjs": "src/platform/data-plane/process/data-plane-program.ts",
		"egress.cjs": "src/platform/egress/proxy/proxy-program.ts",
		"gateway.cjs": "src/platform/data-plane/gateway/gateway-program.ts",
		"kv.cjs": "src/platform/kv/kv-worker.ts",
	};
	const present = Object.entries(programs).map(([name, path]) => [name, join(ROOT, path)]);
	return Object.fromEntries(present.filter(([, path]) => existsSync(path)));
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
		// An empty lock file is just being written.
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

function removeLeftovers(written) {
	const now = Date.now();
	for (const path of filesBelow(DIST, (name) => /\.(c?js|ts|json|wasm|css|html|cache|tmp)$/.test(name))) {
		if (written.has(path)) continue;
		// A process that has just started may still read the old bundle or an old package.
		const isHashed = /-([0-9a-f]{12}|[0-9A-Z]{8})\./.test(basename(path));
		if (isHashed && now - statSync(path).mtimeMs < BUNDLE_KEPT_MS) continue;
		unlinkSync(path);
	}
}

/** esbuild's errors as `file:line: text`, one a line. */
function explained(error) {
	if (!Array.isArray(error.errors)) return error;
	const lines = error.errors.map(({ location, text }) =>
		location ? `${location.file}:${location.line}: ${text}` : text,
	);
	return new Error(`The sources do not build.\n${lines.join("\n")}`);
}

/** Builds `dist/`. Does nothing if another process has just built it. */
export async function build() {
	await lock();
	try {
		const inputs = fingerprint();
		if (builtFingerprint() === inputs) return;
		const files = await bundle(join(ROOT, "src/cli/main.ts"), findCommands(), findPrograms());
		const written = new Set();
		for (const [name, text] of files) {
			writeWhole(join(DIST, name), text);
			written.add(join(DIST, name));
		}
		removeLeftovers(written);
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
