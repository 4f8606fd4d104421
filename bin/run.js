#!/usr/bin/env -S node --
// Starts the command line, and is the one place where the process ends. CommonJS, which Node loads 5 ms sooner.
// The `--` above: Node 20 takes an `--env-file` from anywhere in its arguments, and would load the file that
// `secrets set --env-file` is to read, its NODE_OPTIONS included.
// In a checkout, `dist/` is brought up to date first; an installed package has no `src/` and ships `dist/`.
"use strict";
const { existsSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { enableCompileCache } = require("./compile-cache.js");

const root = dirname(__dirname);

async function bringUpToDate() {
	const { ensureBuilt } = await import("../scripts/ensure-built.mjs");
	await ensureBuilt().catch((error) => {
		process.stderr.write(`${error.message}\n`);
		process.exit(1);
	});
}

async function start() {
	if (existsSync(join(root, "src"))) await bringUpToDate();
	enableCompileCache(require("../package.json").version);
	const { commands, main, releaseKeychain } = require("../dist/main.cjs");
	const status = await main(process.argv.slice(2), root, commands);
	// A keychain that hangs holds a thread, and Node waits for its threads; where it cannot be let go, only a signal helps.
	if (!(await releaseKeychain())) process.kill(process.pid, "SIGKILL");
	process.exit(status);
}

void start();
