/**
 * The data of the machine that functions can read: constants, which reveal nothing about it or about other functions.
 * Packages read such data when they are imported, for their log lines and their `User-Agent`. Without Deno's
 * permission, the import would fail; with it, the function would get the real data.
 */
import type Os from "node:os";

const HOSTNAME = "function";
const RELEASE = "6.1.0";
const VERSION = "#1 SMP";
const GLIBC = "2.36";
const ID = 1000;
const USER = "function";
const TOTAL_BYTES = 1024 ** 3;
const FREE_BYTES = TOTAL_BYTES / 2;

/**
 * The folder in which the function may write: packages search for their configuration in the home folder, and find
 * none. It is read here, before the function's code begins, so that it does not count as a variable that the function
 * reads.
 */
const HOME = Deno.env.get("TMPDIR") ?? "/tmp";
const homedir = () => HOME;
/** The uptime of the process, in whole seconds, like Deno's uptime of the machine. */
const uptime = () => Math.floor(performance.now() / 1000);

const CPU_TIMES = { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 };
const cpus = () =>
	Array.from({ length: navigator.hardwareConcurrency }, () => ({
		model: "cpu",
		speed: 0,
		times: { ...CPU_TIMES },
	}));

/** The functions of `node:os` that need a permission. */
export const OS = {
	cpus,
	freemem: () => FREE_BYTES,
	getPriority: () => 0,
	homedir,
	hostname: () => HOSTNAME,
	loadavg: () => [0, 0, 0],
	machine: () => Deno.build.arch,
	networkInterfaces: () => ({}),
	release: () => RELEASE,
	totalmem: () => TOTAL_BYTES,
	uptime,
	userInfo: () => ({ uid: ID, gid: ID, username: USER, homedir: homedir(), shell: null }),
	version: () => VERSION,
};

/** The functions of `node:process` that need a permission. */
export const PROCESS = {
	getegid: () => ID,
	geteuid: () => ID,
	getgid: () => ID,
	getgroups: () => [ID],
	getuid: () => ID,
};

/** The report in which packages with native code look up the system's C library. */
const getReport = () => ({
	header: { arch: Deno.build.arch, platform: Deno.build.os, glibcVersionRuntime: GLIBC },
	sharedObjects: [],
});

const DENO = {
	gid: () => ID,
	hostname: () => HOSTNAME,
	loadavg: () => [0, 0, 0],
	networkInterfaces: () => [],
	osRelease: () => RELEASE,
	osUptime: uptime,
	systemMemoryInfo: () => ({
		total: TOTAL_BYTES,
		free: FREE_BYTES,
		available: FREE_BYTES,
		buffers: 0,
		cached: 0,
		swapTotal: 0,
		swapFree: 0,
	}),
	uid: () => ID,
};

function replaceIn(target: object, functions: Readonly<Record<string, unknown>>): void {
	for (const [name, value] of Object.entries(functions))
		Object.defineProperty(target, name, { configurable: true, enumerable: true, writable: true, value });
}

/** Changes the object that `require("os")` returns. */
export function replaceOs(os: typeof Os): void {
	replaceIn(os, OS);
}

/** Changes the object that `process.report` is. */
export function replaceReport(report: object): void {
	replaceIn(report, { getReport });
}

/** Changes the functions of `Deno`. */
export function replaceDeno(): void {
	replaceIn(Deno, DENO);
}
