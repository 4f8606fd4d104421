import { join } from "node:path";
import { ROOT } from "./root.ts";

/** The command line, which `scripts/set-up/installed.mjs` has installed before the first test. */
export const PROGRAM = join(ROOT, "node_modules/.cache/coffer-installed/bin/run.js");
