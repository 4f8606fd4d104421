#!/usr/bin/env -S node --
// Like bin/run.js, but first brings oclif.manifest.json up to date, for new commands and flags.
"use strict";

async function start() {
	const { ensureBuilt } = await import("../scripts/ensure-built.mjs");
	const { writeManifest } = await import("../scripts/generate/manifest.mjs");
	// bin/run.js reports build errors.
	await ensureBuilt().then(writeManifest, () => {});
	require("./run.js");
}

void start();
