/**
 * Prepares a fresh clone: installs the locked npm packages and the system packages that the tests need. Plain
 * Node, because it runs before anything is installed. Fast if everything is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { ensureBase44Cli } from "./set-up/base44-cli.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A Debian package, and a check that its contents are installed. */
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
	{ name: "chromium-headless-shell", isThere: () => onPath("chromium-headless-shell") },
	{ name: "etcd-server", isThere: () => onPath("etcd") },
	{ name: "etcd-client", isThere: () => onPath("etcdctl") },
	{ name: "direnv", isThere: () => onPath("direnv") },
	{ name: "python3-dotenv", isThere: () => existsSync("/usr/lib/python3/dist-packages/dotenv") },
	{ name: "ruby-dotenv", isThere: () => existsSync("/usr/share/doc/ruby-dotenv") },
];

/** Further packages for benchmarks. */
const LOAD_PACKAGES = [
	{ name: "wrk", isThere: () => onPath("wrk") },
	{ name: "etcd-server", isThere: () => onPath("etcd") },
];

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
		// Output of installations goes to stderr, because stdout is for results.
		stdio: ["ignore", 2, 2],
		env: { ...process.env, ...environment },
		shell: process.platform === "win32",
	});
	if (error !== undefined || status !== 0) fail(`\`${command} ${args.join(" ")}\` failed.`);
}

function fail(message) {
	throw new Error(message);
}

/** Installs the npm packages that are missing. */
export function installPackages() {
	if (!isInstalled()) run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

/**
 * Installs the system packages that tests need. Without the permission for that, it fails and lists the
 * missing ones.
 */
export function installSystemPackages() {
	installFromDebian(SYSTEM_PACKAGES, "The tests need");
}

/**
 * Installs the programs that benchmarks use. Without the permission for that, it fails and names the missing
 * ones.
 */
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

/** Runs a step. If it fails, prints the reason without a stack. */
export async function runAsScript(steps) {
	try {
		await steps();
	} catch (error) {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	}
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await runAsScript(async () => {
		installPackages();
		installSystemPackages();
		await ensureBase44Cli();
	});
}
