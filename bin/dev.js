#!/usr/bin/env -S node --
// The same as bin/run.js, and brings oclif.manifest.json up to date first, for new commands and flags.
import { ensureBuilt } from "../scripts/ensure-built.mjs";
import { writeManifest } from "../scripts/manifest.mjs";

// What does not build is reported by bin/run.js.
await ensureBuilt().then(writeManifest, () => {});
await import("./run.js");
