#!/usr/bin/env -S node --
// The same as bin/run.js, and brings oclif.manifest.json up to date first, for new commands and flags.
"use strict";

async function start() {
	const { ensureBuilt } = await import("../scripts/ensure-built.mjs");
	const { writeManifest } = await import("../scripts/manifest.mjs");
	// What does not build is reported by bin/run.js.
	await ensureBuilt().then(writeManifest, () => {});
	require("./run.js");
}

void start();
