/**
 * A set-up file of every test file. `vi.waitFor` gives up after one second by default, and a start of Deno takes longer
 * on a busy machine. A wait ends when its condition holds, so a longer limit costs nothing.
 */
import { vi } from "vitest";

const WAIT_MS = 60_000;
const { waitFor } = vi;

const waitPatiently: typeof waitFor = (callback, options) =>
	waitFor(callback, typeof options === "number" ? options : { timeout: WAIT_MS, ...options });

// Files that share a process share `vi` too.
if (waitFor.name !== waitPatiently.name) vi.waitFor = waitPatiently;
