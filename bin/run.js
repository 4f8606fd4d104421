#!/usr/bin/env -S node --
// Starts the command line, and is the only place that ends the process. CommonJS, which Node loads 5 ms faster.
// The `--` above: Node 20 accepts `--env-file` anywhere in its arguments. Without `--`, Node itself would
// load the file of `secrets set --env-file`, including a NODE_OPTIONS in it. In a checkout, `dist/` is
// brought up to date first; an installed package has no `src/` and ships `dist/`.
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

/** The bundle that runs a command line: the smaller one if it has the command, and else the whole one. */
function bundleFor(argv) {
	const bundle = require("../dist/everyday.cjs").everyday(argv);
	return bundle?.isDirect(argv, bundle.commands) ? bundle : require("../dist/main.cjs");
}

async function start() {
	if (existsSync(join(root, "src"))) await bringUpToDate();
	enableCompileCache(require("../package.json").version);
	const argv = process.argv.slice(2);
	const { commands, main, releaseKeychain } = bundleFor(argv);
	const status = await main(argv, root, commands);
	// A hanging keychain blocks a thread, and Node waits for its threads at exit. If the thread cannot be
	// freed, only a signal ends the process.
	if (!(await releaseKeychain())) process.kill(process.pid, "SIGKILL");
	process.exit(status);
}

void start();
