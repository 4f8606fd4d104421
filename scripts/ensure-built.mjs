/** Brings `dist/` up to date; loads the bundler only where there is something to do. */
import { builtFingerprint, fingerprint } from "./fresh.mjs";

/**
 * Builds `dist/` unless it is fresh. Silent on success; never writes to stdout.
 * @throws Error whose message lists what does not build, by file and line
 */
export async function ensureBuilt() {
	if (builtFingerprint() === fingerprint()) return;
	const { build } = await import("./build.mjs");
	await build();
}
