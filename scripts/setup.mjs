/**
 * Makes a fresh clone ready: npm packages as locked, and the system packages that the tests start. Plain Node,
 * since it runs before anything is installed. Quick where everything is there.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { ensureBase44Cli } from "./base44-cli.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Debian's package, and how to see that what it brings is there. */
const SYSTEM_PACKAGES = [
	{ name: "git", isThere: () => onPath("git") },
	{ name: "dbus", isThere: () => onPath("dbus-run-session") && onPath("dbus-daemon") },
	{ name: "gnome-keyring", isThere: () => onPath("gnome-keyring-daemon") },
	{ name: "libsecret-1-0", isThere: () => hasLibrary("libsecret-1.so.0") },
	{ name: "bubblewrap", isThere: () => onPath("bwrap") },
	{ name: "iproute2", isThere: () => onPath("ip") },
	{ name: "nftables", isThere: () => onPath("nft") },
	{ name: "strace", isThere: () => onPath("strace") },
	{ name: "faketime", isThere: () => onPath("faketime") },
	{ name: "graphviz", isThere: () => onPath("dot") },
	{ name: "libxml2-utils", isThere: () => onPath("xmllint") },
	{ name: "tmux", isThere: () => onPath("tmux") },
	{ name: "zsh", isThere: () => onPath("zsh") },
	{ name: "fish", isThere: () => onPath("fish") },
];

/** What benchmarks start besides. */
const LOAD_PACKAGES = [{ name: "wrk", isThere: () => onPath("wrk") }];

function onPath(command) {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return folders.some((folder) => folder !== "" && existsSync(join(folder, command)));
}

function hasLibrary(file) {
	const folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib"];
	const archs = existsSync("/usr/lib")
		? readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"))
		: [];
	return [...folders, ...archs.map((arch) => join("/usr/lib", arch))].some((folder) =>
		existsSync(join(folder, file)),
	);
}

function readPackages(path) {
	try {
		return JSON.parse(readFileSync(join(ROOT, path), "utf8")).packages;
	} catch {
		return undefined;
	}
}

/** Whether node_modules holds every locked package in its locked version (optional ones may be missing). */
function isInstalled() {
	const locked = readPackages("package-lock.json");
	const installed = readPackages("node_modules/.package-lock.json");
	if (locked === undefined || installed === undefined) return false;
	return Object.entries(locked).every(([path, { version, integrity, optional, devOptional, link }]) => {
		if (path === "" || link) return true;
		const found = installed[path];
		if (found === undefined) return Boolean(optional || devOptional);
		return found.version === version && found.integrity === integrity && existsSync(join(ROOT, path));
	});
}

function run(command, args, environment = {}) {
	const { status, error } = spawnSync(command, args, {
		cwd: ROOT,
		// What is installed is nobody's result: stdout stays free for that.
		stdio: ["ignore", 2, 2],
		env: { ...process.env, ...environment },
		shell: process.platform === "win32",
	});
	if (error !== undefined || status !== 0) fail(`\`${command} ${args.join(" ")}\` failed.`);
}

function fail(message) {
	throw new Error(message);
}

/** Installs the npm packages, unless they are there. */
export function installPackages() {
	if (!isInstalled()) run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

/** Installs the system packages that tests need, where it may; otherwise names what is missing, and fails. */
export function installSystemPackages() {
	installFromDebian(SYSTEM_PACKAGES, "The tests need");
}

/** Installs what makes load in benchmarks, where it may; otherwise names it, and fails. */
export function installLoadPackages() {
	installFromDebian(LOAD_PACKAGES, "The benchmarks need");
}

function installFromDebian(packages, who) {
	if (process.platform !== "linux") return;
	const missing = packages.filter(({ isThere }) => !isThere()).map(({ name }) => name);
	if (missing.length === 0) return;
	if (process.getuid?.() !== 0 || !onPath("apt-get")) {
		fail(`${who} these Debian packages or their like: ${missing.join(", ")}.`);
	}
	const quiet = { DEBIAN_FRONTEND: "noninteractive" };
	run("apt-get", ["update", "-qq"], quiet);
	run("apt-get", ["install", "-qq", "--yes", "--no-install-recommends", ...missing], quiet);
}

/** Runs a step and, where it fails, says why without a stack. */
export async function runAsScript(steps) {
	try {
		await steps();
	} catch (error) {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	}
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await runAsScript(() => {
		installPackages();
		installSystemPackages();
		ensureBase44Cli();
	});
}
