/**
 * Fails a test file that leaves the state of its process changed. Test files share worker processes, so the
 * result of the next file could depend on the order of the files. Vitest runs this before each test file.
 */
import { afterAll, expect, vi } from "vitest";
import { DEFAULT_ENVIRONMENT, inEnvironment } from "../../../src/environment-hint.ts";
import { TARGET_KINDS } from "../../../src/targets/kinds.ts";

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Globals that packages add when they are loaded. They do not affect other files. */
const GLOBALS = Object.getOwnPropertyNames(globalThis).filter(
	(name) => typeof Reflect.get(globalThis, name) === "function",
);

/** Every part of the shared state, with a name for the error. */
function sharedState(): Map<string, unknown> {
	return new Map<string, unknown>([
		...Object.entries(process.env).map(([name, value]) => [`the variable ${name}`, value] as const),
		...GLOBALS.map((name) => [`globalThis.${name}`, Reflect.get(globalThis, name)] as const),
		...[...TARGET_KINDS].map(([kind, load]) => [`the kind of target ${kind}`, load] as const),
		...SIGNALS.map((signal) => [`listeners for ${signal}`, process.listenerCount(signal)] as const),
		["the working folder", process.cwd()],
		["the clock, which is a fake", vi.isFakeTimers()],
		["process.stdout.write", process.stdout.write],
		["process.stderr.write", process.stderr.write],
		["the object process.env", process.env],
		["the umask", process.umask()],
		["the environment that hints leave out", inEnvironment("", DEFAULT_ENVIRONMENT)],
	]);
}

/** The names of the parts that differ. */
function changed(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
	const names = new Set([...before.keys(), ...after.keys()]);
	return [...names].filter((name) => before.get(name) !== after.get(name));
}

const before = sharedState();

// Hooks run in the reverse order of their registration, so this is the last of the file.
afterAll(() => {
	const left = changed(before, sharedState());
	if (left.length === 0) return;
	throw new Error(`${expect.getState().testPath} leaves behind, for the next test file: ${left.join(", ")}.`);
});
