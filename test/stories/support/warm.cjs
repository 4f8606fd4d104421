// Runs one command line after the other in one process, so that Node and Coffer are loaded once. Stories use
// it to arrange their tests, and start processes for the commands that they test.
"use strict";
const fs = require("node:fs");
const { dirname, join } = require("node:path");
const { Readable } = require("node:stream");

const program = process.argv[2];
const root = dirname(dirname(program));
// esbuild uses the working folder of its load, and cannot start once that folder is removed.
process.chdir("/");
require(require.resolve("esbuild", { paths: [root] }));
require(join(root, "bin/compile-cache.js")).enableCompileCache(require(join(root, "package.json")).version);
const { commands, main } = require(join(root, "dist/main.cjs"));

// With this, the output of the test names the cause of an unexpected error.
process.env.COFFER_DEBUG = "1";

// Every command adds its own listeners to these emitters.
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);

const written = { stdout: "", stderr: "" };
/** Whether the next call that puts a file in place, or that encodes a result, throws an error that no code expects. */
let isCrashing = false;

function crashOnce() {
	if (!isCrashing) return;
	isCrashing = false;
	throw new TypeError("planted crash");
}

for (const [module, name] of [
	[JSON, "stringify"],
	[fs, "renameSync"],
	[fs, "linkSync"],
	[fs.promises, "rename"],
	[fs.promises, "link"],
]) {
	const real = module[name];
	module[name] = (...args) => {
		crashOnce();
		return real(...args);
	};
}

for (const name of ["stdout", "stderr"]) {
	process[name].write = (chunk, encodingOrDone, done) => {
		written[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
		const callback = typeof encodingOrDone === "function" ? encodingOrDone : done;
		if (callback) process.nextTick(callback);
		return true;
	};
}

/** The real stdin of this process, which is empty. */
const stdin = Object.getOwnPropertyDescriptor(process, "stdin");

/** @param input the pieces that the next command reads from stdin, in Base64; undefined if it has no input */
function giveInput(input) {
	if (input === undefined) return Object.defineProperty(process, "stdin", stdin);
	const value = Readable.from(input.map((piece) => Buffer.from(piece, "base64")));
	Object.defineProperty(process, "stdin", { value, configurable: true, enumerable: true });
}

process.on("message", async ({ args, cwd, variables, input, crashes }) => {
	Object.assign(written, { stdout: "", stderr: "" });
	isCrashing = crashes;
	giveInput(input);
	for (const [name, value] of Object.entries(variables)) {
		if (value === null) delete process.env[name];
		else process.env[name] = value;
	}
	process.argv = [process.execPath, program, ...args];
	process.chdir(cwd);
	const status = await main(args, root, commands);
	// The folder may be removed before the next command runs.
	process.chdir("/");
	process.send({ status, ...written });
});
process.on("disconnect", () => process.exit(0));
process.send("ready");
