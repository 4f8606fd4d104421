/** Brings `dist/` up to date. Loads the bundler only if something has changed. */
import { builtFingerprint, fingerprint } from "./fresh.mjs";

/**
 * Builds `dist/` unless it is fresh. Silent on success; never writes to stdout.
 * @throws Error whose message lists the build errors, by file and line
 */
export async function ensureBuilt() {
	if (builtFingerprint() === fingerprint()) return;
	const { build } = await import("./build.mjs");
	await build();
}
