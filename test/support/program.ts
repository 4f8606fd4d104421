import { join } from "node:path";
import { ROOT } from "./root.ts";

/** The command line itself, as `scripts/installed.mjs` has installed it before the first test. */
export const PROGRAM = join(ROOT, "node_modules/.cache/coffer-installed/bin/run.js");
